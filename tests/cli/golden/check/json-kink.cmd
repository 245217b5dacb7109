chainrule check kink.yaml --format json | python3 -c 'import json, sys; check = json.load(sys.stdin); print(check["agrees"], check["kinks"], sorted(check))'
