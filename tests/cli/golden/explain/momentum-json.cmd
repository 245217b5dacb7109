chainrule explain momentum.yaml --format json --why 'w11_new'
