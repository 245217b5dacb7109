chainrule explain hostile.yaml
