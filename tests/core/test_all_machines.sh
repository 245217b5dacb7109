# The same bits from gcc and clang, on this processor with every instruction set, on one
# without AVX, and on 64-bit ARM: the last two under qemu.
set -eu
for tool in gcc clang aarch64-linux-gnu-gcc qemu-x86_64-static qemu-aarch64-static; do
    command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# build NAME COMPILER [OPTION...]
build()
{
    name=$1 compiler=$2
    shift 2
    cmake -G Ninja -S "$SOURCE_DIR" -B "$work/$name" -DCHAINRULE_CORE_ONLY=ON \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER="$compiler" \
        -DCMAKE_EXE_LINKER_FLAGS=-static "$@" >"$work/log" 2>&1 &&
        cmake --build "$work/$name" >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}

without_isa()
{
    sed -E 's/^(kernels|bf16) [a-z0-9]*/\1/' | sort -u
}

# compare NAME COMMAND...: every kernel's hash and all weights as gcc's reference gave them
compare()
{
    name=$1
    shift
    "$@" >"$work/out" || { echo "$name: failed"; exit 1; }
    echo "$name: $(awk '$1 == "kernels" { printf "%s ", $2 }' "$work/out")"
    without_isa <"$work/out" >"$work/$name.bits"
    diff "$work/gcc.bits" "$work/$name.bits" || { echo "$name: other bits"; exit 1; }
}

build x86-gcc gcc
build x86-clang clang
build arm aarch64-linux-gnu-gcc -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64
CHAINRULE_ISA=ref "$work/x86-gcc/core" | without_isa >"$work/gcc.bits"
[ "$(wc -l <"$work/gcc.bits")" -ge 10 ]
for isa in ref avx2 avx512; do
    export CHAINRULE_ISA=$isa
    compare gcc-$isa "$work/x86-gcc/core"
    compare clang-$isa "$work/x86-clang/core"
done
unset CHAINRULE_ISA
compare nehalem qemu-x86_64-static -cpu Nehalem "$work/x86-gcc/core"
[ "$(grep -c '^kernels' "$work/out")" -eq 1 ] || { echo "nehalem: not the reference"; exit 1; }
for isa in ref neon; do
    CHAINRULE_ISA=$isa compare arm-$isa qemu-aarch64-static "$work/arm/core"
done
grep -q '^kernels neon' "$work/out" || { echo "arm: no NEON"; exit 1; }
