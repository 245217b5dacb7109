chainrule explain examples/worked/linear-2-2-1.yaml --digits 3 --sig 3
