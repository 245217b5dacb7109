# Every public header compiles alone, as C and as C++.
set -eu
cd "$SOURCE_DIR"
for header in include/chainrule/*.h; do
    name=${header#include/}
    for language in "${CC:-cc} -x c -std=c17" "${CXX:-c++} -x c++ -std=c++11"; do
        echo "$language $name"
        echo "#include \"$name\"" |
            $language -Iinclude -Wall -Wextra -Wpedantic -Werror -fsyntax-only -
    done
done
