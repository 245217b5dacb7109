chainrule train examples/data/digits.csv --target digit --epochs 1 -q -o m && cut -d, -f1-64 examples/data/digits.csv > x.csv && chainrule explain m x.csv --row 17 --why o3 --format json | tail -n 12
