chainrule explain notation-mark.yaml
