chainrule audit --network examples/worked/shared-bias-2-2-2.yaml network.md
