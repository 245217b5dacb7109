printf 'größe,城市,y\n1,a,1\n2,b,5\n' | chainrule train - --target y --epochs 1 --no-report 2>/dev/null
