chainrule train leaves.csv -t kind --epochs 30 2>progress
chainrule predict model.safetensors new.csv
