chainrule explain norm.yaml
