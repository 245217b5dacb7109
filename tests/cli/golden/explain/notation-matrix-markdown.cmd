chainrule explain examples/worked/sigmoid-2-2-1.yaml --notation matrix --format markdown
