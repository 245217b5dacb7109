chainrule check examples/worked/linear-2-2-1.yaml -o out.txt && cat out.txt
