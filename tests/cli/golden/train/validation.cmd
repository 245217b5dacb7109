chainrule train leaves.csv -t kind --test 0 --validation 0.25 --patience 5 2>progress
ls
