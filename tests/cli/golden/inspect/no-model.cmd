chainrule inspect things.csv
