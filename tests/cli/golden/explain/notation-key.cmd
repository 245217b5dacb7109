chainrule explain notation-key.yaml
