printf 'big,y\n1e300,1\n2e300,2\n3,3.5\n' >big.csv; chainrule train big.csv -t y --scaling none -q --no-report
