chainrule train missing.csv --target kind
