chainrule audit --format json arithmetic.md
