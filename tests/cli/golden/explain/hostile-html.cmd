chainrule explain hostile.yaml --format html --why L
