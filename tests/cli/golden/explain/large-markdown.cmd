chainrule explain ten.yaml --format markdown
