chainrule figure hostile.yaml
