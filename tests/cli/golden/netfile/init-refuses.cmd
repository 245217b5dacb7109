echo "mine" > network.yaml
chainrule init
code=$?
cat network.yaml
exit $code
