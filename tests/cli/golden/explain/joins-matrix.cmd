chainrule explain joins.yaml --form matrix
