chainrule init -
