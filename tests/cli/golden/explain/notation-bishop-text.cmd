chainrule explain examples/worked/shared-bias-2-2-2.yaml --notation bishop
