chainrule train leaves.csv -t kind -q --epochs 1
chainrule predict model.safetensors bad.csv -o out.csv
echo $?
ls
