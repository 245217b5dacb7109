#include "audit/session.h"

#include <string.h>

int cr_session_prompt(const char *s)
{
    s += strspn(s, " \t");
    return strncmp(s, ">>> ", 4) == 0;
}

static char *line_end(char *s)
{
    char *e = strchr(s, '\n');
    return e ? e : s + strlen(s);
}

/* Quotes of quotes begin with >>> as well: lines of a session assign or import. */
static int has_session(const char *s)
{
    int lines = 0;
    while (s && lines < 2) {
        const char *end = strchr(s, '\n');
        const size_t n = end ? (size_t)(end - s) : strlen(s);
        if (cr_session_prompt(s))
            lines += memchr(s, '=', n) || !strncmp(s + strspn(s, " \t") + 4, "import ", 7);
        s = end ? end + 1 : NULL;
    }
    return lines == 2;
}

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* np.array( and array( are no more than their parentheses. */
static void blank_calls(char *s, const char *end)
{
    static const char *const names[] = {"np.array", "numpy.array", "array", "print"};
    for (; s < end; s++)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            const size_t n = strlen(names[i]);
            if (strncmp(s, names[i], n) == 0 && s[n] == '(' && !is_letter(s[-1]) && s[-1] != '.')
                memset(s, ' ', n);
        }
}

/* The name alone that is a line's last statement, or between parentheses. */
static int ends_with_name(const char *s, const char *end)
{
    const char *last = s;
    for (const char *p = s; p < end; p++)
        if (*p == ';')
            last = p + 1;
    last += strspn(last, " \t(");
    const char *p = last;
    while (p < end && (is_letter(*p) || (*p >= '0' && *p <= '9')))
        p++;
    return p > last && is_letter(*last) && p + strspn(p, " \t)") >= end;
}

static int begins_value(const char *s)
{
    s += strspn(s, " \t");
    return *s == '[' || *s == '(' || *s == '-' || (*s >= '0' && *s <= '9') ||
           strncmp(s, "array(", 6) == 0;
}

void cr_session_prepare(char *s)
{
    char *end;
    int within = 0;
    if (!has_session(s))
        return;
    for (; *s; s = *end ? end + 1 : end) {
        end = line_end(s);
        char *first = s + strspn(s, " \t");
        const int prompt = cr_session_prompt(s);
        within = first < end && (prompt || within);
        if (!within)
            continue;
        if (prompt) {
            memset(first, ' ', 3);
            blank_calls(first + 3, end);
            if (*end && ends_with_name(first + 3, end) && begins_value(end + 1))
                *end = '=';
        } else if (first > s || strncmp(first, "array(", 6) == 0) {
            if (strncmp(first, "array", 5) == 0)
                memset(first, ' ', 5);
        }
        if (*end == '=')
            end = line_end(end + 1), blank_calls(first + 3, end);
    }
}
