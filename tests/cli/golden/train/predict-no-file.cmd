chainrule predict missing new.csv
