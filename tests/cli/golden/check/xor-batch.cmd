chainrule check examples/worked/xor-batch.yaml
