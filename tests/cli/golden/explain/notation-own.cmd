chainrule explain notation-own.yaml
