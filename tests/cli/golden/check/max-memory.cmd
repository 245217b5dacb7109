chainrule check large.yaml --max-memory 64k
