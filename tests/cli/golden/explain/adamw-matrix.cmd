chainrule explain adamw.yaml --form matrix
