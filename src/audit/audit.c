/* The audit from end to end. */
#include "audit/audit.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "audit/topic.h"
#include "net/net.h"

enum { LONGEST_BLOCK = 1 << 20, MARKED = 4096, FREE_STEPS = 1 << 20, STEPS_A_BYTE = 2 };

static const struct {
    const char *text;
    int error;
} verdicts[] = {
#define X(name, text, error) {text, error},
    VERDICT_LIST(X)
#undef X
};

const char *cr_verdict_text(enum verdict v)
{
    return verdicts[v].text;
}

int cr_verdict_is_error(enum verdict v)
{
    return verdicts[v].error;
}

const char *cr_audit_say(struct audit *a, const char *fmt, ...)
{
    struct text t = {0};
    va_list args;
    va_start(args, fmt);
    cr_text_vprintf(&t, fmt, args);
    va_end(args);
    const char *s = t.failed ? NULL : cr_arena_strdup(&a->arena, cr_text_str(&t));
    cr_text_free(&t);
    if (!s)
        a->failed = 1;
    return s ? s : "";
}

const char *cr_audit_words(struct audit *a, size_t at, size_t end)
{
    const char *s = cr_arena_strndup(&a->arena, a->source.text + at, end - at);
    if (!s)
        a->failed = 1;
    return s ? s : "";
}

/* From one place of the text to the first code point at `to` or after it. */
static void go_to(struct mark *m, const char *s, size_t n, size_t to)
{
    unsigned code;
    while (m->at < to) {
        const int ends = s[m->at] == '\n';
        m->at += cr_utf8_next(s + m->at, n - m->at, &code);
        m->column = ends ? 1 : m->column + 1;
        m->line += ends;
    }
}

static void set_marks(struct audit *a)
{
    const size_t n = a->source.size / MARKED + 1;
    struct mark m = {.line = 1, .column = 1};
    a->mark = arena_new(&a->arena, struct mark, n);
    a->failed |= !a->mark;
    for (size_t i = 0; i < n && a->mark; i++) {
        go_to(&m, a->source.text, a->source.size, i * MARKED);
        a->mark[i] = m;
    }
}

void cr_audit_place(const struct audit *a, size_t at, int *line, int *column)
{
    const struct mark *m = &a->mark[at / MARKED];
    if (m->at > at)
        m--;
    struct mark here = *m;
    go_to(&here, a->source.text, a->source.size, at);
    *line = here.line;
    *column = here.column;
}

/* With as many places as what is printed, and in its form: per cent, times a power of ten. */
const char *cr_audit_shown(struct audit *a, const struct claim *c, const struct range *value)
{
    const int places = a->maths.number[c->bare.num->ref - 1].places;
    const int power = c->bare.power - 2 * c->bare.percent;
    struct rational r, ten, factor;
    double v = (value->lo + value->hi) / 2;
    int exact = value->exact;
    cr_rational_int(&ten, 10);
    if (exact)
        exact = cr_rational_pow(&factor, &ten, power) && cr_rational_div(&r, &value->r, &factor);
    v = exact ? cr_rational_to_f64(&r) : v / pow(10, power);
    char buf[DECIMAL_SIZE];
    cr_decimal(buf, &(struct decimal_rule){DECIMAL_PLACES, places > 90 ? 90 : places}, v,
               exact ? &r : NULL, NULL);
    if (a->blocks.decimal_comma)
        for (char *p = buf; *p; p++)
            if (*p == '.')
                *p = ',';
    return cr_audit_say(a, "%s", buf);
}

void cr_audit_find(struct audit *a, const struct finding *f)
{
    if (a->n_findings == MOST_FINDINGS) {
        if (cr_verdict_is_error(f->verdict))
            a->more_errors++;
        else
            a->more_notes++;
        return;
    }
    void *p = cr_audit_grow(a->finding, a->n_findings, &a->cap_findings, sizeof *f, &a->failed);
    if (!p)
        return;
    a->finding = p;
    a->finding[a->n_findings++] = *f;
}

/* _1^2 or _{12}^2 */
static int is_indexed(const char *text, const char *mark)
{
    const char *p = mark;
    if (p > text && p[-1] == '}')
        while (p > text && *p != '{' && mark - p < 12)
            p--;
    else if (p > text)
        p--;
    return p > text && p[-1] == '_';
}

static int begins_value(const char *p)
{
    p += strspn(p, " &");
    return *p == '=';
}

/* Where w^2 is the w of layer 2: people write w^2_1, and not w_1^2. */
static int has_layers(const struct audit *a)
{
    const char *s = a->blocks.text;
    size_t layers = 0;
    while ((s = strchr(s, '^')) && layers < 3) {
        const char *p = ++s;
        p += *p == '{';
        const size_t n = strspn(p, "0123456789");
        p += n;
        p += *p == '}';
        layers +=
            n > 0 && n < 3 && (*p == '_' || (is_indexed(a->blocks.text, s - 1) && begins_value(p)));
    }
    return layers == 3;
}

/* Where entries are counted from 0: z[0] occurs. */
static int counts_from_zero(const struct audit *a)
{
    const char *s = a->blocks.text;
    while ((s = strstr(s, "[0"))) {
        const char before = s > a->blocks.text ? s[-1] : ' ';
        if ((s[2] == ']' || s[2] == ',') &&
            ((before >= '0' && before <= '9') || (before >= 'A' && before <= 'Z') ||
             (before >= 'a' && before <= 'z')))
            return 1;
        s += 2;
    }
    return 0;
}

static void read_maths(struct audit *a)
{
    struct tokens tokens = {0};
    a->cell = cr_arena_alloc(&a->arena, a->blocks.n + 1, sizeof *a->cell);
    a->failed |= !a->cell;
    for (size_t i = 0; i < a->blocks.n && !a->failed; i++) {
        a->cell[i].name = -1;
        if (!a->maths.steps)
            continue; /* cr_maths_read has said so */
        const struct block *b = &a->blocks.block[i];
        if (b->end - b->at > LONGEST_BLOCK) {
            const struct finding f = {.at = b->at,
                                      .end = b->at + 1,
                                      .verdict = VERDICT_BROKEN,
                                      .printed = "",
                                      .message = "a paragraph of more than 1 MiB is not read"};
            cr_audit_find(a, &f);
            continue;
        }
        cr_tokens_read(&a->arena, a->blocks.text, b->at, b->end,
                       b->kind == BLOCK_DISPLAY ? MODE_MATH : MODE_PROSE, a->blocks.decimal_comma,
                       &tokens);
        const size_t chains = a->maths.n_chains;
        cr_maths_read(&a->maths, &tokens, i, b->joined && b->kind == BLOCK_DISPLAY);
        if (b->kind == BLOCK_CELL && a->maths.n_chains == chains && !tokens.failed)
            a->cell[i].e = cr_maths_cell(&a->maths, &tokens, &a->cell[i].name);
        a->failed |= tokens.failed || a->maths.failed;
    }
    cr_tokens_free(&tokens);
}

/* Which claim printed a value before, for every number. */
static void find_origins(struct audit *a)
{
    const size_t n = a->maths.n_numbers;
    size_t slots = 64;
    while (slots < 2 * a->n_claims + 2)
        slots *= 2;
    int *slot = malloc(slots * sizeof *slot), *owner = malloc((n + 1) * sizeof *owner);
    a->origin = arena_new(&a->arena, int, n + 1);
    if (!slot || !owner || !a->origin) {
        a->failed = 1;
    } else {
        for (size_t i = 0; i < slots; i++)
            slot[i] = -1;
        for (size_t i = 0; i < n; i++)
            owner[i] = -1;
        for (size_t i = 0; i < a->n_claims; i++)
            owner[a->claim[i].bare.num->ref - 1] = (int)i;
        for (size_t i = 0; i < n; i++) {
            const double v = a->maths.number[i].value;
            uint64_t bits;
            memcpy(&bits, &v, sizeof bits);
            size_t at = (size_t)(bits * 0x9E3779B97F4A7C15u >> 20) & (slots - 1);
            while (slot[at] >= 0 &&
                   a->maths.number[a->claim[slot[at]].bare.num->ref - 1].value != v)
                at = (at + 1) & (slots - 1);
            a->origin[i] = slot[at];
            if (owner[i] >= 0 &&
                (slot[at] < 0 || a->claim[owner[i]].from || !a->claim[slot[at]].from))
                slot[at] = owner[i];
        }
    }
    free(slot);
    free(owner);
}

int cr_audit_origin(const struct audit *a, const struct expr *num)
{
    return a->origin[num->ref - 1];
}

static void note_troubles(struct audit *a)
{
    for (size_t i = 0; i < a->maths.n_troubles; i++) {
        const struct trouble *t = &a->maths.trouble[i];
        const struct finding f = {.at = t->at,
                                  .end = t->end,
                                  .verdict = VERDICT_BROKEN,
                                  .printed = cr_audit_words(a, t->at, t->end),
                                  .message = t->what};
        cr_audit_find(a, &f);
    }
    for (size_t i = 0; i < a->blocks.n; i++) {
        const struct block *b = &a->blocks.block[i];
        const struct finding f = {.at = b->at,
                                  .end = b->at + 1,
                                  .verdict = VERDICT_BROKEN,
                                  .printed = "",
                                  .message = "this displayed mathematics is never closed"};
        if (b->open)
            cr_audit_find(a, &f);
    }
}

/* In the order of the text. */
static int by_place(const void *x, const void *y)
{
    const struct finding *a = x, *b = y;
    return (a->at > b->at) - (a->at < b->at);
}

static void run(struct audit *a, const char *text, size_t size)
{
    set_marks(a);
    cr_blocks_read(&a->arena, text, size, &a->blocks);
    if ((a->failed |= a->blocks.failed))
        return;
    a->maths = (struct maths){.a = &a->arena,
                              .s = a->blocks.text,
                              .layers = has_layers(a),
                              .from_zero = counts_from_zero(a),
                              .steps = FREE_STEPS + STEPS_A_BYTE * size};
    read_maths(a);
    note_troubles(a);
    cr_audit_name_cells(a);
    cr_audit_claims(a);
    if (!a->failed)
        find_origins(a);
    if (!a->failed)
        cr_audit_judge(a);
    if (a->n_findings)
        qsort(a->finding, a->n_findings, sizeof *a->finding, by_place);
}

static void release(struct audit *a)
{
    cr_topic_free(a->topic);
    cr_maths_free(&a->maths);
    cr_blocks_free(&a->blocks);
    free(a->claim);
    free(a->finding);
    free(a->convention);
    cr_arena_free(&a->scratch);
    cr_arena_free(&a->arena);
}

static void summarise(const struct audit *a, cr_audit_summary *s)
{
    *s = (cr_audit_summary){.claims = a->n_claims, .checked = a->checked, .not_bound = a->unbound};
    s->errors = a->more_errors;
    s->notes = a->more_notes;
    for (size_t i = 0; i < a->n_findings; i++) {
        if (cr_verdict_is_error(a->finding[i].verdict))
            s->errors++;
        else
            s->notes++;
    }
}

cr_status cr_audit(const char *text, size_t size, const cr_audit_options *options, char **out,
                   size_t *len, cr_audit_summary *summary, cr_error *err)
{
    const cr_audit_options defaults = {.format = CR_AUDIT_TEXT};
    const cr_audit_options *o = options ? options : &defaults;
    if (size > CR_AUDIT_LIMIT)
        return cr_fail(err, CR_ERR_LIMIT, "the text is longer than %zu MiB", CR_AUDIT_LIMIT >> 20);
    if (o->net && o->net->type != CR_F64)
        return cr_fail(err, CR_ERR_ARGUMENT, "the network's numbers must be float64");
    struct audit a = {.source = {o->name ? o->name : "text", text, size}, .given = o->net};
    a.arena.limit = ((size_t)64 << 20) + 64 * size;
    a.scratch.limit = (size_t)64 << 20;
    run(&a, text, size);
    struct text report = {0};
    if (!a.failed) {
        if (o->format == CR_AUDIT_JSON)
            cr_audit_json(&a, &report);
        else if (o->format == CR_AUDIT_HTML)
            cr_audit_html(&a, &report);
        else
            cr_audit_text(&a, &report);
    }
    cr_status status = CR_OK;
    if (a.arena.used + (1 << 16) >= a.arena.limit)
        status = cr_fail(err, CR_ERR_LIMIT, "the text takes more memory than its size justifies");
    else if (a.failed || report.failed)
        status = cr_fail_memory(err);
    if (!status) {
        if (summary)
            summarise(&a, summary);
        if (len)
            *len = report.len;
        *out = report.s;
    } else {
        cr_text_free(&report);
    }
    release(&a);
    return status;
}

void cr_audit_free(char *report)
{
    free(report);
}
