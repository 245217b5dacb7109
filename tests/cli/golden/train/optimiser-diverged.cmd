chainrule train line.csv --target y --net line.yaml --optimiser momentum --learning-rate 1e6 2>&1 >out | tail -n 1
