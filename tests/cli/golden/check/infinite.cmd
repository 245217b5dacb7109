chainrule check infinite.yaml
