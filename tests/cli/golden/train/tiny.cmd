printf 'x,y\n1,2.5\n2,3.5\n3,4.5\n' >three.csv
chainrule train three.csv -t y -q --no-report --epochs 3 -o m && echo three rows
printf 'x,y\n1,2.5\n' >one.csv
chainrule train one.csv -t y -q --no-report --epochs 3 -o m --task regression && echo one row
printf 'x,y\n1,7.5\n2,7.5\n3,7.5\n4,7.5\n5,7.5\n6,7.5\n' >same.csv
chainrule train same.csv -t y -q --no-report --epochs 3 -o m --task regression && chainrule predict -q m same.csv
printf 'x,y\n1,a\n2,a\n3,a\n4,a\n' >class.csv
chainrule train class.csv -t y -q --no-report --epochs 3 -o m
printf 'x,y\n1,a\n2,b\n' >two.csv
chainrule train two.csv -t y -q --no-report --epochs 3 -o m && echo two rows
chainrule train two.csv -t y -q --no-report --epochs 3 -o m --validation 0.5 && echo two rows again
