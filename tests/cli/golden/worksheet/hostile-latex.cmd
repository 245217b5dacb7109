chainrule worksheet hostile.yaml --format latex --key key.tex && cat key.tex | head -n 60
