chainrule help --hlep
