chainrule explain notation-placeholder.yaml
