chainrule explain examples/worked/classifier-3-2-1.yaml
