cat >lbfgs.yaml <<END
inputs: 2
layers: [{units: 4, activation: tanh}, {units: 3, activation: softmax}]
loss: cross-entropy
optimiser: {name: lbfgs, history: 5}
train: {epochs: 30, validation: 0.2}
END
chainrule train leaves.csv -t kind --net lbfgs.yaml 2>progress
chainrule train leaves.csv -t kind --net lbfgs.yaml --optimiser lbfgs-fixed -r 0.5 -q -o fixed
chainrule train leaves.csv -t kind --optimiser lbfgs --print-config -q | head -n 18
chainrule train leaves.csv -t kind --net lbfgs.yaml -q --precision bf16
chainrule train leaves.csv -t kind --net lbfgs.yaml -q --find-learning-rate rates.csv
chainrule train leaves.csv -t kind --net lbfgs.yaml -q --batch 16
