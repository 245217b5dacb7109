chainrule explain notation-end.yaml
