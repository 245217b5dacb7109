chainrule train leaves.csv -t kind -q --recipe realmlp
chainrule train leaves.csv -t kind -q --recipe realmlp-td-s --net net.yaml
