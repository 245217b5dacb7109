chainrule explain ten.yaml
