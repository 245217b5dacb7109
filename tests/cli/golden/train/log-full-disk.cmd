chainrule train -q line.csv --target y --epochs 2 --task regression -o m --log /dev/full; code=$?; ls m*; exit $code
