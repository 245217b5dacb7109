chainrule audit missing.md
