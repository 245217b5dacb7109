chainrule train leaves.csv --target kind --epochs 1 -q -o /dev/full
