chainrule check examples/worked/sigmoid-2-2-1.yaml
