chainrule train line.csv --target y --optimiser momentum --learning-rate 1e6 2>&1 >out | tail -n 1
