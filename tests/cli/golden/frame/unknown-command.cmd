chainrule hlep
