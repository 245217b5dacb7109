chainrule help -x
