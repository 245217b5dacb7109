printf 'a,y\n1,2\n2,4\n' >d.csv; cp d.csv before.csv; ln d.csv same.csv; cp examples/worked/xor-batch.yaml net.yaml
chainrule train d.csv -t y -o d.csv; chainrule train d.csv -t y --log same.csv; chainrule train d.csv -t y -n net.yaml --report net.yaml; chainrule train d.csv -t y -o m --checkpoint m
chainrule explain net.yaml -o net.yaml; chainrule worksheet net.yaml -o w --key w
chainrule explain net.yaml -o - >net.txt; echo $?; cmp d.csv before.csv; cmp net.yaml examples/worked/xor-batch.yaml; ls
