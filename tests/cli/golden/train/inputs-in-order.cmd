# A network file that says only how many inputs there are takes the columns in order, whatever they are called.
awk 'BEGIN { print "x0,x1,y"; for (i = 0; i < 40; i++) print i % 7 + 0.5 "," i % 5 + 0.5 "," i % 7 + i % 5 + 0.25 }' >t.csv
printf 'inputs: 2\nlayers: [{units: 1}]\ntrain: {epochs: 3}\n' >two.yaml
chainrule train t.csv -t y --net two.yaml -q --test 0 -o two && chainrule inspect two | tail -n 2
printf 'inputs: [x1, x2]\nlayers: [{units: 1}]\n' >named.yaml
chainrule train t.csv -t y --net named.yaml -q --test 0 -o named
