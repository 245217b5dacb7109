chainrule train examples/data/digits.csv --target digit --net digits.yaml --epochs 1 -q --no-report -o m && chainrule explain m examples/data/digits.csv --row 1798
