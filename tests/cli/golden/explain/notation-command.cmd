chainrule explain notation-command.yaml
