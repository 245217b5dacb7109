chainrule --version
