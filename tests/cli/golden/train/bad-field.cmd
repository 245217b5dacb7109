chainrule train bad.csv --target kind
