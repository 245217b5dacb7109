# Every public header compiles alone, as C and as C++, and chainrule.h includes them all.
set -eu
cd "$SOURCE_DIR"
for header in include/chainrule/*.h; do
    name=${header#include/}
    [ "$name" = chainrule/chainrule.h ] ||
        grep -q "^#include \"$name\"" include/chainrule/chainrule.h ||
        { echo "chainrule.h does not include $name"; exit 1; }
    for language in "${CC:-cc} -x c -std=c17" "${CXX:-c++} -x c++ -std=c++11"; do
        echo "$language $name"
        echo "#include \"$name\"" |
            $language -Iinclude -Wall -Wextra -Wpedantic -Werror -fsyntax-only -
    done
done
