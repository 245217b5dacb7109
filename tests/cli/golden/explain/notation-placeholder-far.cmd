chainrule explain notation-placeholder-far.yaml
