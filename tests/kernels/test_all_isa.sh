# The quick tests once more with each instruction set in turn (one that this processor lacks
# gives way to the next lower one), but for those that compute nothing by kernels or that kill
# the program many times. Of bf16's instructions of AVX-512, what they are used in.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$BINARY_DIR/CTestTestfile.cmake" "$work"
for isa in ref avx2 avx512 avx512bf16; do
    which=.
    [ $isa != avx512bf16 ] || which='^(kernels|net)_|train_test_precision'
    CHAINRULE_ISA=$isa ctest --test-dir "$work" -L quick -j2 --output-on-failure -R "$which" \
        --no-tests=error -E '^(doc|house|fuzz|expr|base|audit|report|perf)_|train_test_kill|explain_test_steps' \
        >"$work/log" 2>&1 || { cat "$work/log"; echo "CHAINRULE_ISA=$isa"; exit 1; }
    grep 'tests passed' "$work/log"
done
