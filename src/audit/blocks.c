#include "audit/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "audit/latex.h"
#include "audit/session.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

struct finder {
    struct blocks *out;
    char *s;
    size_t n;
    int tables;
    unsigned missing;    /* bit k: what closes display k does not come any more */
    unsigned no_tabular; /* nor the end of a tabular (bit 0) or longtable (bit 1) */
    size_t comment;      /* an end of a comment, or the text's, with none between `looked` and it */
    size_t looked;
};

static void add(struct finder *f, struct block b)
{
    struct blocks *o = f->out;
    size_t at = b.at;
    while (at < b.end &&
           (f->s[at] == ' ' || f->s[at] == '\n' || f->s[at] == '\t' || f->s[at] == '\r'))
        at++;
    if (at == b.end)
        return;
    if (o->n == o->cap) {
        const size_t cap = o->cap ? 2 * o->cap : 64;
        struct block *more = realloc(o->block, cap * sizeof *more);
        if (!more) {
            o->failed = 1;
            return;
        }
        o->block = more;
        o->cap = cap;
    }
    if (o->n) {
        size_t i = o->block[o->n - 1].end;
        while (i < b.at && strchr(" \n\t\r$\\])", f->s[i]) && f->s[i])
            i++;
        b.joined = i >= b.at;
    }
    o->block[o->n++] = b;
}

static void blank(struct finder *f, size_t at, size_t end)
{
    for (size_t i = at; i < end; i++)
        if (f->s[i] != '\n')
            f->s[i] = ' ';
}

static size_t line_end(const struct finder *f, size_t at)
{
    const char *p = at < f->n ? memchr(f->s + at, '\n', f->n - at) : NULL;
    return p ? (size_t)(p - f->s) : f->n;
}

static int starts(const struct finder *f, size_t at, const char *what)
{
    const size_t n = strlen(what);
    return f->n - at >= n && memcmp(f->s + at, what, n) == 0;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t skip_spaces(const struct finder *f, size_t i, size_t end)
{
    while (i < end && (f->s[i] == ' ' || f->s[i] == '\t'))
        i++;
    return i;
}

/* (1) and (a) before a symbol or words number a line, and are no factor. */
static void blank_label(struct finder *f, size_t at, size_t end)
{
    size_t i = at + 1;
    if (at >= end || f->s[at] != '(')
        return;
    while (i < end && is_digit(f->s[i]) && i < at + 3)
        i++;
    i += i == at + 1 && i < end && is_letter(f->s[i]);
    if (i == at + 1 || i + 2 >= end || f->s[i] != ')' || f->s[i + 1] != ' ')
        return;
    const size_t next = skip_spaces(f, i + 1, end);
    if (next < end && (is_letter(f->s[next]) || strchr("$\\", f->s[next]) || (f->s[next] & 0x80)))
        blank(f, at, i + 1);
}

/* "- output: ..." is an item, however deep: sums do not go on with words. */
static int begins_word(const struct finder *f, size_t i, size_t end)
{
    size_t n = 0;
    while (i + n < end && is_letter(f->s[i + n]))
        n++;
    return n > 2 && i + n < end &&
           (f->s[i + n] == ':' ||
            (f->s[i + n] == ' ' && i + n + 1 < end && is_letter(f->s[i + n + 1])));
}

/* Marks at the head of a line: quotes, bullets, numbers of lists, signs of headings.
 * Returns where the text begins. */
static size_t blank_head(struct finder *f, size_t at, size_t end, int *heading)
{
    size_t i = skip_spaces(f, at, end);
    while (i < end && f->s[i] == '>') {
        f->s[i] = ' ';
        i = skip_spaces(f, i, end);
    }
    size_t marks = i;
    while (marks < end && f->s[marks] == '#')
        marks++;
    if (marks > i && marks - i <= 6 && marks < end && f->s[marks] == ' ') {
        *heading = 1;
        blank(f, i, marks);
        return marks;
    }
    if (i + 1 < end && strchr("-*+", f->s[i]) && f->s[i + 1] == ' ') {
        /* deep in a line, after a line of text, a sign goes on with a sum */
        if (f->s[i] == '*' || (i - at < 4 && f->s[i] == '-') || (f->s[i] == '+' && i == at) ||
            at < 2 || f->s[at - 2] == '\n' || begins_word(f, i + 2, end))
            f->s[i] = ' ';
        return i;
    }
    size_t digits = i;
    while (digits < end && is_digit(f->s[digits]))
        digits++;
    if (digits > i && digits - i <= 3 && digits + 1 < end && strchr(".)", f->s[digits]) &&
        f->s[digits + 1] == ' ')
        blank(f, i, digits + 1);
    else
        blank_label(f, i, end);
    if (starts(f, i, "•"))
        blank(f, i, i + strlen("•"));
    return i;
}

/* y* is a symbol: a letter that stands alone, perhaps with an index. */
static int is_starred(const struct finder *f, size_t i, size_t at)
{
    size_t k = i;
    while (k > at && (is_digit(f->s[k - 1]) || (f->s[k - 1] & 0x80)))
        k--;
    if (k == at || k == i + 1 || !is_letter(f->s[k - 1]))
        return 0;
    return k - 1 == at || !(is_letter(f->s[k - 2]) || f->s[k - 2] == '*' || f->s[k - 2] == '_');
}

enum { MOST_SPACES = 64 }; /* between an operand and its star */

/* A star in prose is a product between operands, and else emphasis. */
static int is_product(const struct finder *f, size_t i, size_t at, size_t end)
{
    const size_t b = skip_spaces(f, i + 1, end);
    size_t a = i;
    while (a > at && i - a < MOST_SPACES && f->s[a - 1] == ' ')
        a--;
    if (a == at || b >= end)
        return 0;
    const char before = f->s[a - 1], after = f->s[b];
    const int number =
        (is_digit(before) || strchr(")]}", before)) && (is_digit(after) || strchr("([-.\\", after));
    const int even = (a == i) == (b == i + 1);
    return number ||
           (even &&
            (is_digit(before) || is_letter(before) || strchr(")]}", before) || (before & 0x80)) &&
            (is_digit(after) || is_letter(after) || strchr("([-.|\\", after) || (after & 0x80)));
}

static void blank_emphasis(struct finder *f, size_t i, size_t at, size_t end)
{
    const char c = f->s[i], before = i > at ? f->s[i - 1] : ' ';
    const char after = i + 1 < end ? f->s[i + 1] : ' ';
    if (c == '*' && after == '*') {
        const char next = i + 2 < end ? f->s[i + 2] : ' ';
        if (!((is_digit(before) || before == ')') && is_digit(next)))
            blank(f, i, i + 2);
    } else if (c == '*') {
        if (before != '*' && !is_product(f, i, at, end) && !is_starred(f, i, at))
            f->s[i] = ' ';
    } else if (c == '_') {
        const int opens = (before == ' ' || before == '(' || before == '\n') && after != ' ';
        const int closes = before != ' ' && strchr(" .,;:)\n", after);
        if (opens || closes || after == '_' || before == '_')
            f->s[i] = ' ';
    }
}

/* Where the next --> is; the text's end where there is none. */
static size_t comment_end(struct finder *f, size_t at)
{
    if (f->looked > at || f->comment < at || !f->looked) {
        f->looked = at ? at : 1;
        f->comment = at;
        while (f->comment < f->n && !starts(f, f->comment, "-->"))
            f->comment++;
    }
    return f->comment;
}

static size_t tag_length(struct finder *f, size_t i, size_t end)
{
    static const char *const tags[] = {
        "p",   "br",     "b",          "i",      "em",        "strong",  "sub",     "sup",
        "div", "span",   "table",      "tr",     "td",        "th",      "h1",      "h2",
        "h3",  "h4",     "code",       "pre",    "li",        "ul",      "ol",      "a",
        "img", "center", "hr",         "tbody",  "thead",     "details", "summary", "font",
        "u",   "small",  "blockquote", "figure", "figcaption"};
    size_t at = i + 1;
    if (at < end && f->s[at] == '/')
        at++;
    if (starts(f, at, "!--")) {
        const size_t e = comment_end(f, at);
        return e < f->n && e < at + 5000 ? e + 3 - i : 0;
    }
    size_t n = 0;
    while (at + n < end && (is_letter(f->s[at + n]) || is_digit(f->s[at + n])))
        n++;
    for (size_t k = 0; n && k < LENGTH(tags); k++) {
        if (strlen(tags[k]) != n || memcmp(tags[k], f->s + at, n) != 0)
            continue;
        for (size_t e = at + n; e < end && e < at + 500; e++)
            if (f->s[e] == '>')
                return e + 1 - i;
    }
    return 0;
}

/* Blank what is markup in [at, end) outside of inline mathematics. */
static void clean_prose(struct finder *f, size_t at, size_t end)
{
    int math = 0;
    for (size_t i = at; i < end && i < f->n; i++) {
        const char c = f->s[i];
        if (c == '\\') {
            if (i + 1 < end && (f->s[i + 1] == '(' || f->s[i + 1] == ')'))
                math = f->s[i + 1] == '(';
            i++;
        } else if (c == '$') {
            math = !math;
        } else if (c == '\n' && i + 1 < end && f->s[i + 1] == '\n') {
            math = 0;
        } else if (math) {
            continue;
        } else if (c == '*' || c == '_') {
            blank_emphasis(f, i, at, end);
        } else if (c == '`') {
            f->s[i] = ' ';
        } else if (c == '<') {
            const size_t n = tag_length(f, i, f->n - i < 600 ? f->n : i + 600);
            blank(f, i, i + n);
        } else if (c == '&' && (starts(f, i, "&nbsp;") || starts(f, i, "&emsp;"))) {
            blank(f, i, i + 6);
        } else if (c == ']' && i + 1 < end && f->s[i + 1] == '(' &&
                   (starts(f, i + 2, "http") || starts(f, i + 2, "/") || starts(f, i + 2, "#") ||
                    starts(f, i + 2, "."))) {
            size_t e = i + 2;
            while (e < end && f->s[e] != ')' && f->s[e] != '\n')
                e++;
            blank(f, i, e < end ? e + 1 : e);
        } else if (starts(f, i, "http://") || starts(f, i, "https://")) {
            size_t e = i;
            while (e < end && !strchr(" \n\t)>\"", f->s[e]))
                e++;
            blank(f, i, e);
        }
    }
}

static void add_prose(struct finder *f, size_t at, size_t end, int heading)
{
    if (end <= at)
        return;
    clean_prose(f, at, end);
    add(f, (struct block){.kind = heading ? BLOCK_HEADING : BLOCK_PROSE, .at = at, .end = end});
}

/* Displayed mathematics. */

/* The environment of mathematics that begins at i, or NULL. */
static const char *environment_at(const struct finder *f, size_t i, unsigned *bit)
{
    if (!starts(f, i, "\\begin{"))
        return NULL;
    const int row = cr_latex_display(f->s + i + 7, f->n - i - 7);
    if (row < 0)
        return NULL;
    *bit = 4u << row;
    return cr_latex_display_name(row);
}

/* Where the display that `close` ends stops; *after behind it. 0: it is never closed. */
static int find_close(const struct finder *f, size_t i, const char *close, size_t *stop,
                      size_t *after)
{
    const size_t n = strlen(close);
    const char *p = f->s + i, *end = f->s + f->n;
    while (p < end && (p = memchr(p, close[0], (size_t)(end - p)))) {
        if ((size_t)(end - p) >= n && memcmp(p, close, n) == 0 &&
            !(close[0] == '$' && p > f->s + i && p[-1] == '\\')) {
            *stop = (size_t)(p - f->s);
            *after = *stop + n;
            return 1;
        }
        p++;
    }
    return 0;
}

/* A display at i: add it, and return where the text goes on; 0: there is none. */
static size_t display(struct finder *f, size_t i)
{
    size_t begin, stop, after;
    unsigned bit = 1;
    const char *environment = environment_at(f, i, &bit);
    char close[32] = "$$";
    if (starts(f, i, "$$")) {
        begin = i + 2;
    } else if (starts(f, i, "\\[") && !(i > 0 && f->s[i - 1] == '\\')) {
        begin = i + 2;
        strcpy(close, "\\]");
        bit = 2;
    } else if (environment) {
        begin = i;
        strcpy(stpcpy(stpcpy(close, "\\end{"), environment), "}");
    } else {
        return 0;
    }
    int open = 0;
    if ((f->missing & bit) || !find_close(f, begin, close, &stop, &after)) {
        f->missing |= bit;
        /* never closed: up to the next empty line */
        open = 1;
        stop = begin;
        while (stop < f->n && !(f->s[stop] == '\n' && (stop + 1 == f->n || f->s[stop + 1] == '\n')))
            stop++;
        after = stop;
    }
    if (environment && !open)
        stop = after;
    /* quoted lines */
    for (char *p = f->s + begin; (p = memchr(p, '\n', (size_t)(f->s + stop - p)));) {
        const size_t first = skip_spaces(f, (size_t)(++p - f->s), stop);
        if (first + 1 < stop && f->s[first] == '>' && f->s[first + 1] == ' ')
            f->s[first] = ' ';
    }
    add(f, (struct block){.kind = BLOCK_DISPLAY, .at = begin, .end = stop, .open = open});
    return after > i ? after : i + 2;
}

/* Tables. */

static int is_rule(const struct finder *f, size_t at, size_t end)
{
    int dashes = 0, bars = 0;
    for (size_t i = at; i < end; i++) {
        if (!strchr("|-: \t\r+", f->s[i]))
            return 0;
        dashes += f->s[i] == '-';
        bars += f->s[i] == '|' || f->s[i] == '+';
    }
    return dashes >= 2 && bars >= 1;
}

static int has_bar(const struct finder *f, size_t at, size_t end)
{
    return end > at && memchr(f->s + at, '|', end - at) != NULL;
}

static void add_cell(struct finder *f, size_t at, size_t end, int row, int col)
{
    clean_prose(f, at, end);
    add(f,
        (struct block){
            .kind = BLOCK_CELL, .at = at, .end = end, .table = f->tables, .row = row, .col = col});
}

static void add_row(struct finder *f, size_t at, size_t end, int row)
{
    size_t i = skip_spaces(f, at, end);
    while (i < end && f->s[i] == '>')
        i = skip_spaces(f, i + 1, end);
    if (i < end && f->s[i] == '|')
        i++;
    size_t begin = i;
    int col = 0, math = 0;
    for (; i < end; i++) {
        if (f->s[i] == '\\' && i + 1 < end)
            i++;
        else if (f->s[i] == '$')
            math = !math;
        else if (f->s[i] == '|' && !math) {
            add_cell(f, begin, i, row, col++);
            begin = i + 1;
        }
    }
    add_cell(f, begin, end, row, col);
}

/* Lines with bars around a rule from `at`; 0: no table. */
static size_t table(struct finder *f, size_t at)
{
    const size_t end = line_end(f, at), second = end + 1;
    if (second >= f->n || !has_bar(f, at, end) || !is_rule(f, second, line_end(f, second)))
        return 0;
    int row = 0;
    size_t i = at;
    while (i < f->n) {
        const size_t e = line_end(f, i);
        if (!has_bar(f, i, e))
            break;
        if (!is_rule(f, i, e))
            add_row(f, i, e, row++);
        i = e + 1;
    }
    f->tables++;
    return i;
}

/* \begin{tabular}: rows end with \\, cells with &. */
static size_t tabular(struct finder *f, size_t i)
{
    const int is_long = starts(f, i, "\\begin{longtable");
    const unsigned bit = 1u << is_long;
    if ((!is_long && !starts(f, i, "\\begin{tabular")) || (f->no_tabular & bit))
        return 0;
    size_t stop, after;
    if (!find_close(f, i, is_long ? "\\end{longtable" : "\\end{tabular", &stop, &after)) {
        f->no_tabular |= bit;
        return 0;
    }
    size_t at = line_end(f, i);
    int row = 0, col = 0;
    size_t begin = at;
    for (size_t k = at; k < stop; k++) {
        if (f->s[k] == '\\' && k + 1 < stop && f->s[k + 1] == '\\') {
            add_cell(f, begin, k, row++, col);
            col = 0;
            begin = ++k + 1;
        } else if (f->s[k] == '\\') {
            if (starts(f, k, "\\hline") || starts(f, k, "\\toprule") || starts(f, k, "\\midrule") ||
                starts(f, k, "\\bottomrule") || starts(f, k, "\\endhead") ||
                starts(f, k, "\\endfirsthead") || starts(f, k, "\\endfoot")) {
                const size_t e = k + strspn(f->s + k + 1, "abcdefghijklmnopqrstuvwxyz") + 1;
                blank(f, k, e);
            } else {
                k++;
            }
        } else if (f->s[k] == '&') {
            add_cell(f, begin, k, row, col++);
            begin = k + 1;
        }
    }
    f->tables++;
    return line_end(f, after);
}

/* Fences. */

static int is_program(const struct finder *f, size_t at, size_t end)
{
    static const char *const languages[] = {
        "python",     "py",    "python3", "c",    "cpp",    "c++",        "java",
        "javascript", "js",    "matlab",  "r",    "bash",   "sh",         "shell",
        "console",    "julia", "go",      "rust", "octave", "typescript", "ts",
        "csharp",     "ruby",  "yaml",    "json", "html",   "mermaid",    "dot",
        "tikz",       "latex", "tex",     "diff", "csv",    "numpy",      "svg"};
    at = skip_spaces(f, at, end);
    while (at < end && (f->s[at] == '{' || f->s[at] == '.'))
        at++;
    for (size_t i = 0; i < LENGTH(languages); i++) {
        const size_t n = strlen(languages[i]);
        if (starts(f, at, languages[i]) &&
            (at + n >= end || !(is_letter(f->s[at + n]) || is_digit(f->s[at + n]))))
            return 1;
    }
    return 0;
}

static size_t fence(struct finder *f, size_t at)
{
    const size_t first = skip_spaces(f, at, f->n);
    if (!starts(f, first, "```") && !starts(f, first, "~~~"))
        return 0;
    const char mark[4] = {f->s[first], f->s[first], f->s[first], '\0'};
    const size_t end = line_end(f, at);
    const int program =
        is_program(f, first + 3, end) && !(end < f->n && cr_session_prompt(f->s + end + 1));
    size_t i = end + 1, begin = i;
    while (i < f->n && !starts(f, skip_spaces(f, i, f->n), mark)) {
        f->out->code_lines += (size_t)program;
        i = line_end(f, i) + 1;
    }
    const size_t stop = i < f->n ? i : f->n;
    if (!program && begin < stop)
        add(f, (struct block){.kind = BLOCK_PROSE, .at = begin, .end = stop});
    blank(f, at, end);
    if (stop < f->n)
        blank(f, stop, line_end(f, stop));
    return stop < f->n ? line_end(f, stop) + 1 : f->n;
}

/* --- at the very top, up to the next --- */
static size_t front_matter(const struct finder *f)
{
    if (!starts(f, 0, "---\n") && !starts(f, 0, "---\r\n") && !starts(f, 0, "+++\n"))
        return 0;
    for (size_t i = line_end(f, 0) + 1; i < f->n && i < 20000; i = line_end(f, i) + 1)
        if (memcmp(f->s + i, f->s, f->n - i < 3 ? f->n - i : 3) == 0 && f->n - i >= 3)
            return line_end(f, i);
    return 0;
}

static int is_empty(const struct finder *f, size_t at, size_t end)
{
    while (at < end && strchr(" \t\r", f->s[at]))
        at++;
    return at >= end;
}

/* `code` with signs of mathematics in it is about them. */
static void blank_code(struct finder *f, size_t i, size_t end)
{
    const char *close = memchr(f->s + i + 1, '`', end - i - 1);
    const size_t n = close ? (size_t)(close - f->s) - i : 0;
    if (n && (memchr(f->s + i, '$', n) || memchr(f->s + i, '\\', n)))
        blank(f, i, i + n + 1);
}

/* The prose before a display is added after it. */
static void move_last(struct blocks *b, size_t to)
{
    const struct block last = b->block[b->n - 1];
    memmove(&b->block[to + 1], &b->block[to], (b->n - 1 - to) * sizeof last);
    b->block[to] = last;
}

static void find(struct finder *f)
{
    size_t at = front_matter(f), begin = at;
    blank(f, 0, at);
    while (at < f->n && !f->out->failed) {
        size_t end = line_end(f, at), next;
        int heading = 0;
        if (is_empty(f, at, end)) {
            add_prose(f, begin, at, 0);
            at = begin = end + 1;
            continue;
        }
        if ((next = fence(f, at)) || (next = table(f, at))) {
            add_prose(f, begin, at < begin ? begin : at, 0);
            /* in order: the prose before comes first */
            at = begin = next;
            continue;
        }
        size_t i = blank_head(f, at, end, &heading);
        if (heading || is_rule(f, at, end)) {
            add_prose(f, begin, at, 0);
            begin = at;
        }
        for (int math = 0; i < end; i++) {
            const size_t first = f->out->n;
            if (f->s[i] == '`' && i + 1 < end)
                blank_code(f, i, end < i + 200 ? end : i + 200);
            if ((next = display(f, i)) || (next = tabular(f, i))) {
                const size_t last = f->out->n;
                add_prose(f, begin, i, heading);
                if (f->out->n > last)
                    move_last(f->out, first);
                begin = i = next < f->n ? next : f->n;
                if (i > end)
                    end = line_end(f, i);
                i--;
                math = 0;
            } else if (f->s[i] == '\\') {
                i++;
            }
            (void)math;
        }
        if (heading) {
            add_prose(f, begin, end, 1);
            begin = end;
        }
        at = end + 1;
    }
    if (begin < f->n)
        add_prose(f, begin, f->n, 0);
}

/* 0,35 beside few 0.35. */
static int has_decimal_commas(const char *s, size_t n)
{
    size_t commas = 0, points = 0;
    for (size_t i = 1; i + 1 < n; i++) {
        if (s[i] == '.' && is_digit(s[i - 1]) && is_digit(s[i + 1]))
            points++;
        const int braces = s[i] == '{' && i + 3 < n && s[i + 1] == ',' && s[i + 2] == '}';
        if ((s[i] == ',' || braces) && is_digit(s[i - 1]) && is_digit(s[braces ? i + 3 : i + 1])) {
            size_t left = i;
            while (left > 0 && is_digit(s[left - 1]))
                left--;
            /* an index, w_{1,2}, says nothing */
            if (left > 0 && (s[left - 1] == '{' || s[left - 1] == '_' || s[left - 1] == '.'))
                continue;
            commas++;
        }
    }
    return commas > 2 * points;
}

void cr_blocks_read(struct arena *a, const char *s, size_t n, struct blocks *out)
{
    *out = (struct blocks){.size = n};
    out->text = arena_new(a, char, n + 1);
    if (!out->text) {
        out->failed = 1;
        return;
    }
    memcpy(out->text, s, n);
    for (size_t i = 0; i < n; i++)
        if (!out->text[i])
            out->text[i] = ' ';
    out->decimal_comma = has_decimal_commas(s, n);
    struct finder f = {.out = out, .s = out->text, .n = n};
    if (cr_latex_is_document(out->text))
        cr_latex_prepare(out->text, n);
    cr_session_prepare(out->text);
    find(&f);
}

void cr_blocks_free(struct blocks *blocks)
{
    free(blocks->block);
    blocks->block = NULL;
    blocks->n = blocks->cap = 0;
}
