#include "audit/latex.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

enum { MOST_MACROS = 16, MOST_ARGUMENTS = 9, LONGEST_ARGUMENT = 20000 };

static const char *const displays[] = {
    "align",   "align*",   "aligned",   "equation",    "equation*", "gather",
    "gather*", "multline", "multline*", "eqnarray",    "eqnarray*", "displaymath",
    "flalign", "flalign*", "split",     "cases",       "dmath",     "dmath*",
    "math",    "alignat",  "alignat*",  "IEEEeqnarray"};

/* Their contents are no text. */
static const char *const pictures[] = {"tikzpicture",  "picture",      "verbatim",  "Verbatim",
                                       "lstlisting",   "minted",       "pspicture", "axis",
                                       "filecontents", "filecontents*"};

/* A macro that sets argument `shown` of its `n` arguments in mathematics. */
struct macro {
    const char *name;
    size_t len;
    int n, shown;
};

struct macros {
    struct macro macro[MOST_MACROS];
    size_t n;
};

static int starts(const char *s, const char *end, const char *what)
{
    const size_t n = strlen(what);
    return (size_t)(end - s) >= n && memcmp(s, what, n) == 0;
}

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void blank(char *s, const char *end)
{
    for (; s < end; s++)
        if (*s != '\n')
            *s = ' ';
}

int cr_latex_is_document(const char *s)
{
    return strstr(s, "\\documentclass") || strstr(s, "\\begin{document}");
}

int cr_latex_display(const char *s, size_t n)
{
    for (size_t k = 0; k < LENGTH(displays); k++) {
        const size_t len = strlen(displays[k]);
        if (n > len && memcmp(s, displays[k], len) == 0 && s[len] == '}')
            return (int)k;
    }
    return -1;
}

const char *cr_latex_display_name(int row)
{
    return displays[row];
}

static void blank_comments(char *s, const char *end)
{
    for (; s < end; s++) {
        if (*s == '\\') {
            s++;
        } else if (*s == '%') {
            char *stop = memchr(s, '\n', (size_t)(end - s));
            blank(s, stop ? stop : end);
            if (!stop)
                return;
            s = stop;
        }
    }
}

/* The brace that closes the one at s; NULL: there is none near. */
static char *closing(char *s, const char *end)
{
    int depth = 0;
    if (end - s > LONGEST_ARGUMENT)
        end = s + LONGEST_ARGUMENT;
    for (; s < end; s++) {
        if (*s == '\\')
            s++;
        else if (*s == '{')
            depth++;
        else if (*s == '}' && --depth == 0)
            return s;
    }
    return NULL;
}

/* \newcommand\NAME[2]{... $#2$ ...} or \newcommand{\NAME}[2]{...} */
static void read_macro(struct macros *m, char *s, const char *end)
{
    struct macro new = {0};
    s += *s == '*';
    s += *s == '{';
    if (m->n == MOST_MACROS || *s != '\\')
        return;
    new.name = s;
    do {
        s++;
        new.len++;
    } while (s < end && is_letter(*s));
    s += *s == '}';
    if (end - s < 4 || s[0] != '[' || s[1] < '1' || s[1] > '9' || s[2] != ']' || s[3] != '{')
        return;
    new.n = s[1] - '0';
    char *stop = closing(s + 3, end);
    for (char *p = s + 3; stop && p + 4 <= stop; p++)
        if (p[0] == '$' && p[1] == '#' && p[3] == '$')
            new.shown = p[2] - '0';
    if (new.shown >= 1 && new.shown <= new.n)
        m->macro[m->n++] = new;
}

static void read_macros(struct macros *m, char *s, const char *end)
{
    static const char *const commands[] = {"\\newcommand", "\\renewcommand", "\\providecommand"};
    for (; (s = memchr(s, '\\', (size_t)(end - s))); s++)
        for (size_t i = 0; i < LENGTH(commands); i++)
            if (starts(s, end, commands[i]))
                read_macro(m, s + strlen(commands[i]), end);
}

static void blank_preamble(char *s, const char *end)
{
    char *text = strstr(s, "\\begin{document}");
    if (text && text < end)
        blank(s, text + strlen("\\begin{document}"));
}

/* The name ends with a brace, and `close` is \end{name}. */
static void blank_picture(char *s, char *end, const char *name)
{
    const size_t n = strlen(name);
    for (char *p = s; (p = memchr(p, '\\', (size_t)(end - p))); p++)
        if (starts(p, end, "\\end{") && starts(p + 5, end, name) && p[5 + n] == '}') {
            blank(s, p + n + 6);
            return;
        }
}

/* One use of a macro at s, outside or inside of displayed mathematics. */
static void open_macro(char *s, char *end, const struct macro *m, int display)
{
    char *from[MOST_ARGUMENTS], *to[MOST_ARGUMENTS], *p = s + m->len;
    for (int i = 0; i < m->n; i++) {
        while (p < end && (*p == ' ' || *p == '\n'))
            p++;
        if (p >= end || *p != '{' || !(to[i] = closing(p, end)))
            return;
        from[i] = p;
        p = to[i] + 1;
    }
    const int k = m->shown - 1;
    blank(s, from[k]);
    blank(to[k] + 1, p);
    /* not around mathematics that is there already */
    *from[k] = *to[k] = display || memchr(from[k], '$', (size_t)(to[k] - from[k])) ? ' ' : '$';
}

static void walk(char *s, char *end, const struct macros *m)
{
    int depth = 0;
    for (; (s = memchr(s, '\\', (size_t)(end - s))); s++) {
        const int begins = starts(s, end, "\\begin{"), ends = starts(s, end, "\\end{");
        const char *name = s + (begins ? 7 : 5);
        if (begins || ends) {
            if (cr_latex_display(name, (size_t)(end - name)) >= 0)
                depth += begins ? 1 : -(depth > 0);
            for (size_t i = 0; begins && i < LENGTH(pictures); i++)
                if (starts(name, end, pictures[i]) && name[strlen(pictures[i])] == '}')
                    blank_picture(s, end, pictures[i]);
            continue;
        }
        depth += starts(s, end, "\\[");
        depth -= depth > 0 && starts(s, end, "\\]");
        for (size_t i = 0; i < m->n; i++)
            if (starts(s, end, "\\") && (size_t)(end - s) > m->macro[i].len &&
                memcmp(s, m->macro[i].name, m->macro[i].len) == 0 &&
                !is_letter(s[m->macro[i].len])) {
                open_macro(s, end, &m->macro[i], depth > 0);
                break;
            }
        if (starts(s, end, "\\\\"))
            s++;
    }
}

void cr_latex_prepare(char *s, size_t n)
{
    struct macros macros = {.n = 0};
    char *end = s + n;
    blank_comments(s, end);
    read_macros(&macros, s, end);
    /* their names lie in what is blanked */
    char names[MOST_MACROS][32];
    size_t kept = 0;
    for (size_t i = 0; i < macros.n; i++) {
        struct macro *m = &macros.macro[i];
        if (m->len >= sizeof names[0])
            continue;
        memcpy(names[kept], m->name, m->len);
        macros.macro[kept] = *m;
        macros.macro[kept].name = names[kept];
        kept++;
    }
    macros.n = kept;
    blank_preamble(s, end);
    walk(s, end, &macros);
}
