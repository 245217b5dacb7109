chainrule worksheet examples/worked/softmax-2-3-3.yaml --format markdown --sig 3 --key -
