chainrule train leaves.csv --target knid
