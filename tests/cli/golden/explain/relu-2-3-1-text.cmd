chainrule explain examples/worked/relu-2-3-1.yaml
