chainrule train line.csv --target id --task classification --epochs 2 2>progress
