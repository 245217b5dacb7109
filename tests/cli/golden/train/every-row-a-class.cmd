printf 'a,name\n' >names.csv; i=0; while [ $i -lt 25 ]; do i=$((i+1)); echo "$((i%4)),n$i" >>names.csv; done; chainrule train names.csv --target name --quiet; echo $?; ls
