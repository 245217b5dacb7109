chainrule explain examples/worked/softmax-2-3-3.yaml --format markdown
