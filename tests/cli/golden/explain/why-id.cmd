chainrule explain examples/worked/xor-batch.yaml --why e2.forward.o.activation
