chainrule explain missing.yaml
