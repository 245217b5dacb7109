chainrule train leaves.csv -t kind --net leaves.yaml --epochs 1 >/dev/null 2>&1; chainrule check model.safetensors no-target.csv
