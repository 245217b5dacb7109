chainrule explain notation-base.yaml
