chainrule train leaves.csv -t kind --test 1
