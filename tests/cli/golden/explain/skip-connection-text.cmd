chainrule explain examples/worked/skip-connection.yaml
