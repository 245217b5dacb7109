chainrule train leaves.csv -t kind --net leaves.yaml --epochs 3 >/dev/null 2>&1; chainrule check model.safetensors leaves.csv --rows 3
