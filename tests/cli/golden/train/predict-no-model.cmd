chainrule predict leaves.csv new.csv
