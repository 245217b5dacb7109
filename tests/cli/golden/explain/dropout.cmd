chainrule explain dropout.yaml
