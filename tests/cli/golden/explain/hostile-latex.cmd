chainrule explain hostile.yaml --format latex --fragment --why L
