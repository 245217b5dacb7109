chainrule explain examples/worked/sigmoid-2-2-1.yaml --notation bishop --format markdown
