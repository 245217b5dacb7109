chainrule explain adam.yaml
