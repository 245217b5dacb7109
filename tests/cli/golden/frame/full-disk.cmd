chainrule help help >/dev/full
