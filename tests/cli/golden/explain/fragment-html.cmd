chainrule explain examples/worked/linear-2-2-1.yaml --format html --fragment
