chainrule evaluate no-model flowers.csv
