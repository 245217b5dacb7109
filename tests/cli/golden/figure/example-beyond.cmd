chainrule figure examples/worked/xor-batch.yaml --show deltas --example 5
