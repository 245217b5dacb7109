chainrule train leaves.csv --target kind --net small.yaml
