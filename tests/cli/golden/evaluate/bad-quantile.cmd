chainrule train -q line.csv --target y --net line.yaml --task regression --test 0 -o m && chainrule evaluate m line.csv --metrics pinball:2
