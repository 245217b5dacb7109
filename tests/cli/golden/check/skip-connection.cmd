chainrule check examples/worked/skip-connection.yaml
