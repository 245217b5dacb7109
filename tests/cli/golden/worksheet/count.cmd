chainrule worksheet ranges.yaml --count 0
