chainrule help help >&-
