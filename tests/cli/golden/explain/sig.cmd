chainrule explain examples/worked/sigmoid-2-2-1.yaml --sig 3 --why delta_h1
