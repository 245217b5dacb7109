chainrule train leaves.csv --target kind -q -o nowhere/leaves.model
