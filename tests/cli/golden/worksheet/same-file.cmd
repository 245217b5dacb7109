chainrule worksheet ranges.yaml -o a --key a
