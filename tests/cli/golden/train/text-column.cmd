chainrule train leaves.csv --target width
