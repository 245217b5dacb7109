chainrule train -q flowers.csv --target kind --net flowers.yaml --test 0 -o m && printf 'length,width\n1,2\n' >d.csv; chainrule evaluate m d.csv
