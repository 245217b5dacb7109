chainrule train examples/data/digits.csv --target digit --epochs 6 -o digits.model 2>progress
chainrule predict digits.model examples/data/digits.csv -o out.csv
head -n 3 out.csv
wc -l <out.csv
ls
