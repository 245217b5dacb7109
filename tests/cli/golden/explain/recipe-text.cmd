chainrule explain recipe.yaml
