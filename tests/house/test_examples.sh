# The C examples compile as C and as C++, within 30 lines, and do what they say.
set -eu
if nm "$BINARY_DIR/libchainrule.a" | grep -q -e __asan_ -e __tsan_ -e __gcov; then
    echo "skipped: an instrumented library needs its runtime"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
libs="$BINARY_DIR/libchainrule.a $(pkg-config --libs libfyaml jansson zlib) -lm -pthread"
flags="-I$SOURCE_DIR/include -Wall -Wextra -Wpedantic -Werror"

for source in "$SOURCE_DIR"/examples/*.c; do
    ${CC:-cc} -std=c17 $flags "$source" -o c $libs
    ${CXX:-c++} -std=c++11 $flags -x c++ "$source" -x none -o cpp $libs
    ./c >c.txt
    ./cpp >cpp.txt
    cmp c.txt cpp.txt
done

[ -s model.safetensors ] && grep -q '</html>' report.html # of examples/table.c

source=$SOURCE_DIR/examples/xor.c
lines=$(wc -l <"$source")
[ "$lines" -le 30 ] || { echo "xor.c has $lines lines"; exit 1; }
${CC:-cc} -std=c17 $flags "$source" -o xor $libs
./xor >xor.txt
awk '{ want = $1 != substr($3, 1, 1); if (($4 - want) ^ 2 > 0.01) exit 1 } END { if (NR != 4) exit 1 }' xor.txt ||
    { cat xor.txt; exit 1; }
