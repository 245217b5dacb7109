chainrule check no-example.yaml
