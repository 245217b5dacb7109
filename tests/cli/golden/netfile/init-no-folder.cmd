chainrule init -o no/such/folder/net.yaml
