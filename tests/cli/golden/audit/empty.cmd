printf "" | chainrule audit -
