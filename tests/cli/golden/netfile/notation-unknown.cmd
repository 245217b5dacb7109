sed "s/arrows/arows/" examples/worked/sigmoid-2-2-1.yaml > a.yaml
chainrule explain a.yaml
