chainrule xyzzy
