chainrule train -q flowers.csv --target kind --net flowers.yaml --test 0 -o m && chainrule evaluate m more.csv -o no/such/folder
