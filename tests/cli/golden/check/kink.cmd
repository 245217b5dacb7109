chainrule check kink.yaml
