chainrule explain notation-brace.yaml
