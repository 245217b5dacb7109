chainrule help one two
