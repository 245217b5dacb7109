chainrule explain no-example.yaml
