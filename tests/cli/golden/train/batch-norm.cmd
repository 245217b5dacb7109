cat >batch.yaml <<END
inputs: 2
layers: [{units: 8}, {norm: {name: batch, momentum: 0.2}, activation: relu}, {units: 3, activation: softmax}]
loss: cross-entropy
train: {epochs: 40, batch: 12, validation: 0.2}
END
chainrule train leaves.csv -t kind --net batch.yaml --test 0 2>progress
chainrule inspect model.safetensors | sed -n 4,9p
chainrule train leaves.csv -t kind --net batch.yaml --test 0 --batch 47 -q -o alone
chainrule train leaves.csv -t kind --net batch.yaml --test 0 --batch 1 -q -o alone
chainrule train leaves.csv -t kind --net batch.yaml --optimiser lbfgs -q -o alone
sed 's/batch: 12/batch: 47, drop-last: true/' batch.yaml >last.yaml
chainrule train leaves.csv -t kind --net last.yaml --test 0 -q -o last && chainrule evaluate last leaves.csv | head -n 4
