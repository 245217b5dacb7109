chainrule explain notation-group.yaml
