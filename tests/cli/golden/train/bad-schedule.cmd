chainrule train leaves.csv -t kind --schedule cosin
