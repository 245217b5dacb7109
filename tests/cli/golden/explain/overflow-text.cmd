chainrule explain overflow.yaml
