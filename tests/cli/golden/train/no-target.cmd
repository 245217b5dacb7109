chainrule train leaves.csv
