chainrule train -q flowers.csv --target kind --net flowers.yaml --test 0 -o m
cat >w.csv <<END
length,width,kind,times
1,1,daisy,3
9,9,daisy,1
8,8,rose,4
1,1,rose,0
END
chainrule evaluate m w.csv --weights times --metrics accuracy,balanced-accuracy --resamples 20
chainrule evaluate m w.csv --weights time --metrics accuracy
echo 1,1,rose,-1 >>w.csv
chainrule evaluate m w.csv --weights times --metrics accuracy
