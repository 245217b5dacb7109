chainrule train leaves.csv --target kind --net net.yaml -o m 2>progress
chainrule train leaves.csv --target kind --net net.yaml -o n --quiet --threads 3
cmp m n
chainrule predict m new.csv --quiet
