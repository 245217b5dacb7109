chainrule check missing.yaml
