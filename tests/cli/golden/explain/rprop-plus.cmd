chainrule explain rprop-plus.yaml
