chainrule explain norm.yaml --form matrix
