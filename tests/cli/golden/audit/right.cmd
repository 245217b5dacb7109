printf "a = 0.5 * 0.5 = 0.25\n" | chainrule audit -
