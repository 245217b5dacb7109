chainrule help hlep
