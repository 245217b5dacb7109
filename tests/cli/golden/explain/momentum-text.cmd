chainrule explain momentum.yaml
