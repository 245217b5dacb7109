chainrule explain notation-double.yaml
