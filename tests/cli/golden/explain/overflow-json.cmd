chainrule explain overflow.yaml --format json
