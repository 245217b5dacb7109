chainrule train -q flowers.csv --target kind --net flowers.yaml --test 0 -o m && printf 'length,width,kind\n1,2,tulip\n' >d.csv; chainrule evaluate m d.csv
