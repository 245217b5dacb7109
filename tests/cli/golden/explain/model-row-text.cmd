chainrule train houses.csv --target price --net houses.yaml --test 0 -q --no-report -o m && chainrule explain m houses.csv --row 2 | sed -n '/^From/,/^Setup/p;/^The answer/,/^Loss/p'
