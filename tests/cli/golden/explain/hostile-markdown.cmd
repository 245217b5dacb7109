chainrule explain hostile.yaml --format markdown
