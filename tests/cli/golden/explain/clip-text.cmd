chainrule explain clip.yaml
