chainrule train line.csv --target y --net line.yaml --learning-rate 1e6 2>&1 >out | tail -n 1
ls
