chainrule train leaves.csv --target kind --net net.yaml -t kind --find-learning-rate rates.svg
head -c 60 rates.svg; echo
chainrule train leaves.csv --target kind --net net.yaml --find-learning-rate rates.csv -q
head -n 3 rates.csv
ls
chainrule train leaves.csv --target kind --find-learning-rate nowhere/rates.svg
