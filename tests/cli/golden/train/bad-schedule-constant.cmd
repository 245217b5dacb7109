chainrule train leaves.csv -t kind -q --schedule "step every=0"
