echo nonsense >m.checkpoint
chainrule train leaves.csv -t kind -q -o m --resume
