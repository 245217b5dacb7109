ln -s nowhere link.yaml
chainrule init link.yaml
