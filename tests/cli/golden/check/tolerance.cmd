chainrule check kink.yaml --tolerance 0
