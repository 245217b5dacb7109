chainrule explain joins.yaml
