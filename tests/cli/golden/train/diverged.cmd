chainrule train line.csv --target y --learning-rate 1e6 2>&1 >out | tail -n 1
ls
