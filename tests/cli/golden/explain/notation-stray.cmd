chainrule explain notation-stray.yaml
