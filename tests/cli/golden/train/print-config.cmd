chainrule train leaves.csv -t kind --batch 16 --print-config >printed.yaml
sed -n '1,/^$/p' printed.yaml
chainrule train leaves.csv -t kind --net net.yaml --optimiser adam --schedule "cosine warm-up=5" --seed 9 --print-config
chainrule train line.csv -t y --recipe realmlp-td-s --test 0 --validation 0 --print-config | sed -n '1,/^$/p'
chainrule train leaves.csv -t kind --recipe realmlp-td-s --batch 16 --epochs 3 -q --no-report -o a
chainrule train leaves.csv -t kind --net printed.yaml --epochs 3 -q --no-report -o b
cmp a b && echo the printed file trains the same model
