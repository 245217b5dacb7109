chainrule train leaves.csv -t width -e 2 --print-config >c.yaml; grep inputs: c.yaml
chainrule train leaves.csv -t width -e 2 -q --no-report -o a; chainrule train leaves.csv -t width -q --no-report -o b --net c.yaml
chainrule predict -q a leaves.csv >a.csv; chainrule predict -q b leaves.csv | cmp a.csv - && echo same
sed -i 's/"kind=ash, young", "kind=oak"/"kind=oak", "kind=ash, young"/' c.yaml; chainrule train leaves.csv -t width -q -o c --net c.yaml
sed 's/"kind=oak"/"colour=oak"/' c.yaml >d.yaml; chainrule train leaves.csv -t width -q -o c --net d.yaml
