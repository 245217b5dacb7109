chainrule audit arithmetic.md
