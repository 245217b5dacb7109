chainrule explain examples/worked/linear-2-2-1.yaml -o out.txt && chainrule explain examples/worked/linear-2-2-1.yaml | cmp - out.txt && echo same
