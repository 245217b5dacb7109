# The manual page is clean, and names every command and every option of the program's tables.
set -eu
page=$SOURCE_DIR/man/chainrule.1
failed=0
if command -v mandoc >/dev/null; then
    mandoc -Tlint -Wwarning "$page"
fi

# The text as a reader sees it is the same in mandoc and groff; the source is enough here.
has()
{
    grep -q -e "$1" "$page" || { echo "the manual page lacks: $2"; failed=1; }
}

commands=$("$CHAINRULE" help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')
[ -n "$commands" ]
for command in $commands; do
    has "^\.It Cm $command\b" "$command"
    # The command's part: from its .It Cm to the next one, or to the end of the list.
    part=$(sed -n "/^\.It Cm $command\$/,/^\.It Cm \|^\.Sh /p;/^\.It Cm $command /,/^\.It Cm \|^\.Sh /p" \
        "$page")
    options=$("$CHAINRULE" help "$command" | sed -n '/^Options:/,$ {
        s/^  -\(.\), --\([a-z0-9-]*\).*/\1 \2/p
        s/^      --\([a-z0-9-]*\).*/\1/p
    }')
    [ -n "$options" ]
    for option in $(echo "$options" | sed 's/^. //'); do
        [ "$option" = help ] || echo "$part" | grep -q -e "Fl -$option\b" || {
            echo "the manual page lacks: $command --$option"
            failed=1
        }
    done
done
exit $failed
