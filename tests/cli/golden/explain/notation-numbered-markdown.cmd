chainrule explain examples/worked/sigmoid-2-2-1.yaml --notation numbered --format markdown
