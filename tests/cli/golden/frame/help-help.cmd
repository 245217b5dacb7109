chainrule help help
