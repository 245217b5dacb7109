chainrule explain .
