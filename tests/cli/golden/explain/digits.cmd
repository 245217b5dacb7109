chainrule explain examples/worked/linear-2-2-1.yaml --digits 2 --why L_new
