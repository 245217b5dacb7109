chainrule explain bad.yaml
