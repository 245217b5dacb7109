# What an installed copy gives: the program, its manual, both libraries through pkg-config
# alone, and the CMake package.
set -eu
if nm "$BINARY_DIR/libchainrule.a" | grep -q -e __asan_ -e __tsan_ -e __gcov; then
    echo "skipped: an instrumented library needs its runtime"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
cmake --install "$BINARY_DIR" --prefix "$prefix" >"$work/log"
cd "$work"
CC=${CC:-cc}
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name chainrule.pc)")
LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH")
export PKG_CONFIG_PATH LD_LIBRARY_PATH

cp "$SOURCE_DIR/tests/house/consumer.c" main.c
want=$("$prefix/bin/chainrule" --version | cut -d' ' -f2)
check()
{
    got=$(./main)
    [ "$got" = "$want 3" ] || { echo "$1: printed '$got', not '$want 3'"; exit 1; }
}

$CC -std=c17 main.c $(pkg-config --cflags --libs chainrule) -o main
check shared
readelf -d main | grep -q 'NEEDED.*libchainrule\.so\.[0-9]'
[ "$(pkg-config --modversion chainrule)" = "$want" ]

# Only the archive is left to link with.
mkdir static
cp "$LD_LIBRARY_PATH/libchainrule.a" static
$CC -std=c17 main.c -Lstatic $(pkg-config --static --cflags --libs chainrule |
    sed "s|-L[^ ]*/prefix/[^ ]*||") -o main
if readelf -d main | grep -q libchainrule; then
    echo "static: the shared library is needed"
    exit 1
fi
check static

for kind in chainrule static; do
    mkdir cmake-$kind
    cat >cmake-$kind/CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.22)
project(consumer LANGUAGES C)
find_package(chainrule ${want%.*} REQUIRED)
add_executable(main $work/main.c)
target_link_libraries(main PRIVATE chainrule::$kind)
END
    cmake -G Ninja -S cmake-$kind -B cmake-$kind/build -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_C_COMPILER="$CC" >>log
    cmake --build cmake-$kind/build >>log
    cp cmake-$kind/build/main main
    check "find_package, chainrule::$kind"
done

man=$(find "$prefix" -name chainrule.1)
[ -s "$man" ] || { echo "no manual page"; exit 1; }
echo "installed, linked and ran"
