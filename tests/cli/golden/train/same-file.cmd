chainrule train leaves.csv -t kind -q --epochs 10 -o a -s 7
chainrule train - -t kind -q --epochs 10 -o b -s 7 -j 8 <leaves.csv
chainrule train leaves.csv -t kind -q --epochs 10 -o c -s 8
cmp a b
cmp -s a c || echo another seed, another model
