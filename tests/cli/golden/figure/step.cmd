chainrule figure examples/worked/sigmoid-2-2-1.yaml --step delta_h1 -o d.svg && cat d.svg
