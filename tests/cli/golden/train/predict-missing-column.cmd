chainrule train leaves.csv -t kind -q --epochs 1
chainrule predict model.safetensors line.csv -o out.csv
echo $?
ls
