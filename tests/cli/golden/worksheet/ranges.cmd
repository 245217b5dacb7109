chainrule worksheet ranges.yaml --key -
