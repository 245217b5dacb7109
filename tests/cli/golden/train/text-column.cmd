chainrule train leaves.csv --target width --epochs 2 2>progress
