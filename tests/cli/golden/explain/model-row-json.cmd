chainrule train houses.csv --target price --net houses.yaml --test 0 -q --no-report -o m --scaling min-max && chainrule explain m houses.csv --row 2 --why x2 --format json
