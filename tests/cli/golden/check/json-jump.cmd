chainrule check jump.yaml --format json > out.json; echo $?; python3 -m json.tool out.json
