chainrule explain examples/worked/xor-batch.yaml --form matrix
