chainrule check jump.yaml
