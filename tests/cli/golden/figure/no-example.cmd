chainrule figure no-example.yaml --show values
