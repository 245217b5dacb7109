chainrule explain hostile.yaml --format json
