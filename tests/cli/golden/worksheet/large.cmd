chainrule worksheet large.yaml
