chainrule figure hostile.yaml --format tikz --show values
