chainrule worksheet hostile.yaml --format html | sed "/<style>/,/<.style>/d" | head -n 60
