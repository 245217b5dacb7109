printf 'a,y\n1,2.5\n2,2.5\n3,\n4,2.5\n' >one.csv; chainrule train one.csv --target y --epochs 2 --no-report 2>/dev/null | grep rmse; chainrule predict model.safetensors one.csv
