# The library exports cr_ names and nothing else, and calls nothing that exits, prints to a
# standard stream, or depends on the clock or the locale.
set -eu
cd "$BINARY_DIR"
if nm libchainrule.a | grep -q -e __asan_ -e __tsan_ -e __gcov; then
    echo "skipped: sanitizers and coverage bring their own symbols"
    exit 77
fi
failed=0
complain()
{
    if [ -n "$2" ]; then
        echo "$1:" $2
        failed=1
    fi
}

exported=$(nm -D --defined-only libchainrule.so | awk '$2 ~ /[A-Z]/ { print $3 }')
echo "$exported" | grep -q '^cr_version$'
complain "exported without cr_" "$(echo "$exported" | grep -v '^cr_' | grep -v '^__' || true)"

inside=$(nm --defined-only libchainrule.a | awk '$2 ~ /[TDBRC]/ { print $3 }' | sort -u)
complain "global in the static library without cr_" \
    "$(echo "$inside" | grep -v -e '^cr_' -e '^__' -e '^_ZTI' || true)"

# .data.rel.ro: constant tables that hold pointers, read-only once relocated
complain "writable data" "$(nm -f sysv --defined-only libchainrule.a |
    awk -F'|' '$7 ~ /^\.(data|bss|tdata|tbss)|COM/ && $7 !~ /^\.data\.rel\.ro/ { print $1 }')"
complain "the library may not use" "$(nm -u libchainrule.a | awk '{ print $2 }' | sort -u |
    grep -x -e exit -e abort -e _exit -e printf -e puts -e putchar -e vprintf \
        -e stdout -e stderr -e stdin -e rand -e srand -e random -e drand48 \
        -e time -e clock -e setlocale -e system -e popen || true)"
exit $failed
