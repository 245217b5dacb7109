chainrule train leaves.csv -t kind 2>progress
chainrule predict model.safetensors new.csv
