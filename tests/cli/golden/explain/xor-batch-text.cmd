chainrule explain examples/worked/xor-batch.yaml
