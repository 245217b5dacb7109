chainrule explain examples/worked/sigmoid-2-2-1.yaml >whole; printf '\n\n\n' | chainrule explain examples/worked/sigmoid-2-2-1.yaml --step >steps; cmp whole steps && echo same
