chainrule explain adam.yaml --format markdown
