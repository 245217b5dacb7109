chainrule train examples/data/digits.csv --target digit --epochs 1 -q -o m && chainrule explain m
