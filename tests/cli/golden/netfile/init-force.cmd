echo "mine" > mine.yaml
chainrule init mine.yaml --force
head -n 1 mine.yaml
