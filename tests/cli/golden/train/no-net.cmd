chainrule train leaves.csv --target kind --net missing.yaml
