chainrule train line.csv --target y --test 0 --epochs 30 2>progress
chainrule predict model.safetensors - <line.csv | head -n 3
