chainrule explain lbfgs.yaml
