# docs/formulas.md is what the program lists. After a change of a table:
# UPDATE=1 ctest --test-dir build/dev -R formulas
set -eu
page=$SOURCE_DIR/docs/formulas.md
mark='<!-- chainrule list -->'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -q "^$mark\$" "$page"
sed "/^$mark\$/q" "$page" >"$work/page"
"$CHAINRULE" list --format markdown >>"$work/page"
if ! diff -u "$page" "$work/page"; then
    [ "${UPDATE:-}" != 1 ] || cp "$work/page" "$page"
    exit 1
fi
