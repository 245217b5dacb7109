chainrule explain examples/worked/sigmoid-2-2-1.yaml --format text
