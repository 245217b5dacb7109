chainrule train houses.csv --target sea --net sea.yaml --test 0 -q --no-report -o m --scaling none && chainrule explain m houses.csv --row 2 | sed -n '/^From/,/^Setup/p;/^The answer/,/^Loss/p'
