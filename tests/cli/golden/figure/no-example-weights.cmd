chainrule figure no-example.yaml -o n.tex && head -n 3 n.tex
