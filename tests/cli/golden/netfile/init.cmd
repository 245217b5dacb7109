chainrule init && cat network.yaml
