/* What each claim is worth: T is the true value, P what rounds to what is printed, F the
 * printed expression at face value, I the same where computed operands are known only to
 * their printed digits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/topic.h"
#include "expr/exact.h"

/* How an operand is read. */
struct operands {
    struct audit *a;
    int loose; /* as an interval, where it was computed */
};

static int significant(const char *text)
{
    int n = 0;
    for (const char *s = text; *s && *s != 'e' && *s != 'E'; s++)
        if (*s >= '0' && *s <= '9' && (n || *s != '0'))
            n++;
    return n;
}

/* An operand that repeats a printed value was computed; and one that has many digits and is
 * not given anywhere: what is given comes before what is computed. */
static int is_computed(const struct audit *a, const struct expr *num)
{
    const int origin = cr_audit_origin(a, num), places = a->maths.number[num->ref - 1].places;
    if (origin >= 0 && (a->claim[origin].from || a->claim[origin].formula))
        return places > 0;
    if (places >= 4 || (places > 0 && significant(num->text) >= 4))
        return 1;
    return places == 3 && (origin < 0 || (size_t)origin > a->first_computed);
}

static int read_number(void *ctx, const struct expr *num, struct range *out)
{
    const struct operands *o = ctx;
    struct bare bare;
    struct printed p;
    if (!cr_maths_bare(num, &bare) || !cr_range_printed(&o->a->maths, &bare, &p))
        return 0;
    if (o->loose && (o->a->maths.number[num->ref - 1].ellipsis || is_computed(o->a, num)))
        return cr_range_between(out, &p.lo, &p.hi);
    cr_range_exact(out, &p.value);
    return isfinite(out->lo);
}

static int call_function(void *ctx, const struct expr *call, const struct amount *args,
                         struct amount *out)
{
    const struct operands *o = ctx;
    return cr_topic_function(o->a, call, args, out);
}

/* The entry of a value that a claim is about. */
static int entry(const struct claim *c, const struct amount *v, struct range *out)
{
    size_t i = 0;
    if (c->whole->kind == EXPR_MATRIX && !c->aligned) {
        while (i < c->whole->n && c->whole->arg[i] != c->e)
            i++;
        if (v->rows * v->cols != c->whole->n)
            return 0;
    } else if (v->rows != 1 || v->cols != 1) {
        return 0;
    }
    *out = v->at[i];
    return 1;
}

static int evaluate(struct audit *a, const struct claim *c, int loose, struct range *out)
{
    struct operands o = {.a = a, .loose = loose};
    struct amount v;
    const struct reading r = {.a = &a->scratch,
                              .number = read_number,
                              .function = call_function,
                              .ctx = &o,
                              .failed = &a->failed};
    const int known = cr_range_eval(&r, c->from, &v) && entry(c, &v, out);
    cr_arena_free(&a->scratch);
    return known;
}

/* Arithmetic slips. */

static void digits_of(char *out, size_t size, const char *s)
{
    size_t n = 0;
    int lead = 1;
    for (; *s && *s != 'e' && n + 1 < size; s++)
        if (*s >= '0' && *s <= '9' && !(lead && *s == '0')) {
            out[n++] = *s;
            lead = 0;
        }
    out[n] = '\0';
}

static int is_swapped(const char *x, const char *y)
{
    const size_t n = strlen(x);
    size_t i = 0;
    if (strlen(y) != n)
        return 0;
    while (i < n && x[i] == y[i])
        i++;
    return i + 1 < n && x[i] == y[i + 1] && x[i + 1] == y[i] && strcmp(x + i + 2, y + i + 2) == 0;
}

/* long without one digit is the beginning of, or, short */
static int is_dropped(const char *lo, const char *sh)
{
    size_t i = 0;
    while (sh[i] && lo[i] == sh[i])
        i++;
    return i > 0 && strlen(lo) == strlen(sh) + 1 && strcmp(lo + i + 1, sh + i) == 0;
}

static int one_differs(const char *x, const char *y)
{
    size_t differ = 0;
    if (strlen(x) != strlen(y) || strlen(x) < 3)
        return 0;
    for (size_t i = 0; x[i]; i++)
        differ += x[i] != y[i];
    return differ == 1;
}

static const char *slip(struct audit *a, const struct claim *c, const char *right)
{
    char x[64] = "", y[64] = "", longer[64] = "";
    struct range turned = c->f;
    turned.lo = -c->f.hi;
    turned.hi = -c->f.lo;
    turned.r.sign = -turned.r.sign;
    if (cr_range_meets(&turned, &c->printed))
        return "the sign is wrong";
    digits_of(x, sizeof x, right);
    digits_of(y, sizeof y, c->bare.num->text);
    const double ratio =
        fabs(c->f.lo) > 0 ? fabs(cr_rational_to_f64(&c->printed.value)) / fabs(c->f.lo) : 0;
    for (int k = -4; k <= 4 && ratio > 0; k++)
        if (k && fabs(ratio / pow(10, k) - 1) <
                     0.51 * c->printed.unit / fabs(cr_rational_to_f64(&c->printed.value)))
            return cr_audit_say(a, "the decimal point is %d place%s too far to the %s",
                                k < 0 ? -k : k, k == 1 || k == -1 ? "" : "s",
                                k > 0 ? "right" : "left");
    if (is_swapped(x, y))
        return "two digits are swapped";
    struct claim finer = *c;
    finer.printed.unit /= 10;
    char digits[DECIMAL_SIZE];
    const struct number *n = &a->maths.number[c->bare.num->ref - 1];
    if (n->places < 90 && cr_decimal(digits, &(struct decimal_rule){DECIMAL_PLACES, n->places + 1},
                                     c->f.lo, NULL, NULL)) {
        digits_of(longer, sizeof longer, digits);
        if (is_dropped(longer, y))
            return "a digit is dropped";
    }
    if (is_dropped(x, y))
        return "a digit is dropped";
    if (one_differs(x, y))
        return "one digit is wrong";
    return NULL;
}

/* Where a number begins with its minus sign, if that stands right before it. */
static size_t with_sign(const struct audit *a, const struct claim *c, size_t at)
{
    static const char *const signs[] = {"-", "−", "–"};
    for (size_t i = 0; c->bare.sign < 0 && i < sizeof signs / sizeof *signs; i++) {
        const size_t n = strlen(signs[i]);
        if (at >= n && memcmp(a->source.text + at - n, signs[i], n) == 0)
            return at - n;
    }
    return at;
}

static void report(struct audit *a, struct claim *c, enum verdict v, const struct range *expected,
                   const char *message)
{
    const struct number *n = &a->maths.number[c->bare.num->ref - 1];
    const size_t at = with_sign(a, c, n->at);
    c->verdict = v;
    struct finding f = {.at = at,
                        .end = n->end,
                        .verdict = v,
                        .claim = (size_t)(c - a->claim) + 1,
                        .printed = cr_audit_words(a, at, n->end),
                        .expected = expected ? cr_audit_shown(a, c, expected) : NULL,
                        .message = message};
    c->finding = a->n_findings < MOST_FINDINGS ? a->n_findings + 1 : 0;
    cr_audit_find(a, &f);
}

static int line_of(const struct audit *a, size_t at)
{
    int line, column;
    cr_audit_place(a, at, &line, &column);
    return line;
}

/* The finding of the first operand of e that was itself found wrong; 0: none. */
static size_t wrong_operand(const struct audit *a, const struct expr *e)
{
    if (e->kind == EXPR_NUM && e->ref) {
        const int origin = cr_audit_origin(a, e);
        if (origin >= 0 && a->claim[origin].finding &&
            cr_verdict_is_error(a->finding[a->claim[origin].finding - 1].verdict) &&
            a->claim[origin].verdict != VERDICT_MISPRINTED_OPERAND)
            return a->claim[origin].finding;
    }
    for (unsigned i = 0; i < e->n; i++) {
        const size_t f = wrong_operand(a, e->arg[i]);
        if (f)
            return f;
    }
    return 0;
}

/* Where an error began: the first of those that carried it on. */
static size_t first_wrong(const struct audit *a, size_t finding)
{
    for (int i = 0; i < 64; i++) {
        const struct finding *f = &a->finding[finding - 1];
        const struct expr *from = f->claim ? a->claim[f->claim - 1].from : NULL;
        const size_t before = f->verdict == VERDICT_CARRIED && from ? wrong_operand(a, from) : 0;
        if (!before || before == finding)
            break;
        finding = before;
    }
    return finding;
}

static void say_slip(struct audit *a, struct claim *c)
{
    const char *why = slip(a, c, cr_audit_shown(a, c, &c->f));
    const struct number *n = &a->maths.number[c->bare.num->ref - 1];
    report(a, c, VERDICT_SLIP, c->has_t ? &c->t : &c->f,
           cr_audit_say(
               a, "the expression before it gives %s, not %s%s%s", cr_audit_shown(a, c, &c->f),
               cr_audit_words(a, with_sign(a, c, n->at), n->end), why ? ": " : "", why ? why : ""));
}

/* What was written before is right, although what is before it does not give it. */
static void say_misprint(struct audit *a, struct claim *c)
{
    const size_t wrong = wrong_operand(a, c->from);
    report(a, c, VERDICT_MISPRINTED_OPERAND, &c->t,
           wrong ? cr_audit_say(
                       a,
                       "right, but not what the printed operands give (%s): %s on line %d is wrong",
                       cr_audit_shown(a, c, &c->f), a->finding[wrong - 1].printed,
                       line_of(a, a->finding[wrong - 1].at))
                 : cr_audit_say(a, "right, but not what the printed operands give: %s",
                                cr_audit_shown(a, c, &c->f)));
}

static void say_carried(struct audit *a, struct claim *c, size_t wrong)
{
    const struct finding *f = &a->finding[first_wrong(a, wrong) - 1];
    report(
        a, c, VERDICT_CARRIED, c->has_t ? &c->t : NULL,
        cr_audit_say(a, "the error of line %d (%s) is carried on", line_of(a, f->at), f->printed));
}

/* The digits follow from the printed operands, and are wrong all the same. */
static void judge_consistent(struct audit *a, struct claim *c)
{
    const size_t wrong = wrong_operand(a, c->from);
    const struct range *i = c->has_i ? &c->i : &c->f;
    const int near = c->t.lo <= i->hi && c->t.hi >= i->lo;
    const char *why = wrong || near ? NULL : cr_topic_explain(a, c);
    if (wrong)
        say_carried(a, c, wrong);
    else if (!near && !why && a->topic->guess.other_rule) /* a term of weight decay */
        c->verdict = VERDICT_RIGHT;
    else if (near)
        report(a, c, VERDICT_CASCADE, &c->t,
               cr_audit_say(a, "rounded numbers were carried on: unrounded ones give %s",
                            cr_audit_shown(a, c, &c->t)));
    else
        report(a, c, VERDICT_FORMULA, &c->t,
               cr_audit_say(a, "should be %s: %s", cr_audit_shown(a, c, &c->t),
                            why ? why : "unexplained"));
}

/* "At iteration 100", "epoch 50": later than what is worked through. */
static int is_long_after(const char *s, const char *end)
{
    static const char *const words[] = {"teration ", "poch ", "step "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (const char *p = s; p + strlen(words[i]) < end; p++)
            if (memcmp(p, words[i], strlen(words[i])) == 0 &&
                strtol(p + strlen(words[i]), NULL, 10) > 8)
                return 1;
    return 0;
}

/* A value that the text only supposes, or that is of another time: "after 1000 such steps it
 * would be E = 0.0001". */
static int is_hypothetical(const struct audit *a, const struct claim *c)
{
    static const char *const words[] = {
        "would",      "steps",        "iterations",   "epochs",      "rounds",      "times",
        "numerical ", "changing",     "instead of",   "suppose",     "Suppose",     "perturb",
        "nudg",       "imagine",      "Imagine",      "Without ",    "without the", "drop the",
        "leave out",  "Some books",   "ome authors",  "If we ",      "if we ",      "With tanh",
        "With ReLU",  "With sigmoid", "with tanh it", "with ReLU it"};
    const char *s = a->blocks.text, *at = s + a->maths.number[c->bare.num->ref - 1].at;
    const char *from = at, *to = at;
    while (from > s && at - from < 240 &&
           !(from[-1] == '\n' && from - 2 >= s && from[-2] == '\n') &&
           !(strchr(" \n", from[0]) && strchr(".!?", from[-1])))
        from--;
    while (*to && to - at < 160 && !(to[0] == '\n' && to[1] == '\n') &&
           !(strchr(".!?", to[0]) && (to[1] == ' ' || to[1] == '\n')))
        to++;
    if (is_long_after(from, to))
        return 1;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t n = strlen(words[i]);
        for (const char *p = from; p + n <= to; p++)
            if (memcmp(p, words[i], n) == 0)
                return 1;
    }
    return 0;
}

static void judge_with_truth(struct audit *a, struct claim *c)
{
    const int t = cr_range_meets(&c->t, &c->printed);
    const int f = c->has_f && cr_range_meets(&c->f, &c->printed);
    const int i = c->has_i && cr_range_meets(&c->i, &c->printed);
    if (t && (!c->has_f || f)) {
        c->verdict = VERDICT_RIGHT;
    } else if (t && i) {
        c->verdict = VERDICT_UNROUNDED;
    } else if (t) {
        if (cr_range_is_cut(&c->f, &c->printed))
            c->verdict = VERDICT_UNROUNDED;
        else
            say_misprint(a, c);
    } else if (!f && cr_range_is_cut(&c->t, &c->printed)) {
        report(a, c, VERDICT_TRUNCATED, &c->t, "cut off instead of rounded");
    } else if (c->has_f && (f || i)) {
        judge_consistent(a, c);
    } else if (c->has_f) {
        if (cr_range_is_cut(&c->f, &c->printed))
            report(a, c, VERDICT_TRUNCATED, &c->f, "cut off instead of rounded");
        else
            say_slip(a, c);
    } else if (is_hypothetical(a, c)) {
        c->has_t = 0;
    } else {
        const char *why = cr_topic_explain(a, c);
        report(a, c, VERDICT_VALUE, &c->t,
               cr_audit_say(a, "should be %s%s%s", cr_audit_shown(a, c, &c->t), why ? ": " : "",
                            why ? why : ""));
    }
}

static void judge_by_face(struct audit *a, struct claim *c)
{
    if (cr_range_meets(&c->f, &c->printed))
        c->verdict = VERDICT_RIGHT;
    else if (c->has_i && cr_range_meets(&c->i, &c->printed))
        c->verdict = VERDICT_UNROUNDED;
    else if (cr_range_is_cut(&c->f, &c->printed))
        report(a, c, VERDICT_TRUNCATED, &c->f, "cut off instead of rounded");
    else
        say_slip(a, c);
}

/* In a sum written in another order the parts do not correspond one by one: there a part is
 * wrong only if it is the only one. */
static int is_reordered(const struct audit *a, size_t at)
{
    const struct claim *c = &a->claim[at];
    size_t wrong = 0;
    for (size_t i = at; i-- > 0 && a->claim[i].chain == c->chain && a->claim[i].side == c->side;)
        wrong += a->claim[i].has_f && a->claim[i].aligned &&
                 !cr_range_meets(&a->claim[i].i, &a->claim[i].printed);
    for (size_t i = at + 1;
         i < a->n_claims && a->claim[i].chain == c->chain && a->claim[i].side == c->side; i++)
        wrong += a->claim[i].has_f && a->claim[i].aligned &&
                 !cr_range_meets(&a->claim[i].i, &a->claim[i].printed);
    return wrong > 0;
}

/* What follows by itself once the first mistakes are mended. */
static void say_mended(struct audit *a)
{
    struct text t = {0};
    size_t shown = 0;
    for (size_t i = 0; i < a->n_findings && shown < 100; i++) {
        if (a->finding[i].verdict != VERDICT_CARRIED)
            continue;
        cr_text_printf(
            &t, "%s%d",
            shown++ ? ", " : "with the first mistakes mended, the numbers on these lines follow: ",
            line_of(a, a->finding[i].at));
    }
    a->failed |= t.failed;
    if (t.len)
        a->mended = cr_audit_say(a, "%s", cr_text_str(&t));
    cr_text_free(&t);
}

/* "· 100 = 3.34 %": the sign is only a unit there. */
static void read_percent(struct audit *a, struct claim *c)
{
    struct claim plain = *c;
    plain.bare.percent = 0;
    if (!cr_range_meets(&c->f, &c->printed) &&
        cr_range_printed(&a->maths, &plain.bare, &plain.printed) &&
        fabs(c->f.lo - cr_rational_to_f64(&plain.printed.value)) <
            fabs(c->f.lo - cr_rational_to_f64(&c->printed.value)))
        *c = plain;
}

void cr_audit_judge(struct audit *a)
{
    while (a->first_computed < a->n_claims && !a->claim[a->first_computed].from)
        a->first_computed++;
    for (size_t i = 0; i < a->n_claims && !a->failed; i++) {
        struct claim *c = &a->claim[i];
        c->has_f = c->from && evaluate(a, c, 0, &c->f);
        c->has_i = c->has_f && evaluate(a, c, 1, &c->i);
        if (c->has_f && !c->has_i)
            c->i = c->f;
        if (c->has_f && c->bare.percent)
            read_percent(a, c);
    }
    cr_topic_make(a);
    for (size_t i = 0; i < a->n_claims && !a->failed; i++) {
        struct claim *c = &a->claim[i];
        cr_topic_truth(a, c);
        /* what is known of operands grows on the way */
        c->has_i = c->has_f && evaluate(a, c, 1, &c->i);
        if (c->aligned && c->has_f && !cr_range_meets(&c->i, &c->printed) && is_reordered(a, i)) {
            c->verdict = VERDICT_UNBOUND;
            a->unbound++;
            continue;
        }
        if (c->has_t)
            judge_with_truth(a, c);
        else if (c->has_f)
            judge_by_face(a, c);
        a->checked += c->has_t || c->has_f;
        a->unbound += !c->has_t && !c->has_f;
    }
    say_mended(a);
}
