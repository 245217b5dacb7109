chainrule train leaves.csv --target kind --net net.yaml --optimiser adam --learning-rate 0.01 -o m 2>progress
chainrule train leaves.csv --target kind --net net.yaml --optimiser adam --learning-rate 0.01 -o n --quiet --threads 3
cmp m n
strings m | grep -o '"optimiser[^,]*,' | sort -u
strings m | grep -o 'optimiser: {[^}]*}'
chainrule train leaves.csv --target kind --net net.yaml --optimiser adma -o m 2>&1
