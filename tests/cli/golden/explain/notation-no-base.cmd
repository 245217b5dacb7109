chainrule explain notation-no-base.yaml
