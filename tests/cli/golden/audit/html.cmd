chainrule audit --format html arithmetic.md
