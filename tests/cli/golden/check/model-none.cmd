chainrule check kink.yaml leaves.csv
