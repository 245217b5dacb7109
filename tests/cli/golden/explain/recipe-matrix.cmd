chainrule explain recipe.yaml --form matrix
