chainrule init && chainrule explain network.yaml | tail -n 7
