chainrule explain no-target.yaml
