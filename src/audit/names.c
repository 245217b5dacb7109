/* Names of symbols: w_{11}^{new} has base w, index 11 and is new. One table, by their keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/parser.h"

static uint64_t hash(const char *s)
{
    uint64_t h = 1469598103934665603u;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return h;
}

/* The key, in m->key; it is copied where the name is new. */
static const char *make_key(struct maths *m, const struct name *n)
{
    const char *of = n->of >= 0 ? m->name[n->of].key : "";
    const char *by = n->by >= 0 ? m->name[n->by].key : "";
    cr_text_clear(&m->key);
    switch (n->kind) {
    case NAME_PARTIAL:
        cr_text_printf(&m->key, "∂%s/∂%s%s", of, by, n->age > 0 ? "^new" : "");
        break;
    case NAME_CHANGE: cr_text_printf(&m->key, "Δ%s", of); break;
    case NAME_DIFFERENCE: cr_text_printf(&m->key, "d%s", of); break;
    case NAME_DERIVATIVE: cr_text_printf(&m->key, "%s(%s)", n->base, by); break;
    case NAME_PLAIN:
    case NAME_WORD:
        cr_text_printf(&m->key, "%s%s%s%s%s%s", n->base, *n->sub ? "_" : "", n->sub,
                       *n->sup ? "^" : "", n->sup,
                       n->age == AGE_NEW   ? "^new"
                       : n->age == AGE_OLD ? "^old"
                                           : "");
    }
    return m->key.failed ? NULL : cr_text_str(&m->key);
}

static int rehash(struct maths *m)
{
    const size_t slots = m->n_slots ? 2 * m->n_slots : 256;
    int *slot = malloc(slots * sizeof *slot);
    if (!slot)
        return 0;
    for (size_t i = 0; i < slots; i++)
        slot[i] = -1;
    for (size_t i = 0; i < m->n_names; i++) {
        size_t at = hash(m->name[i].key) & (slots - 1);
        while (slot[at] >= 0)
            at = (at + 1) & (slots - 1);
        slot[at] = (int)i;
    }
    free(m->slot);
    m->slot = slot;
    m->n_slots = slots;
    return 1;
}

int cr_maths_name(struct maths *m, const struct name *name)
{
    const char *key = make_key(m, name);
    if (!key || (2 * m->n_names >= m->n_slots && !rehash(m))) {
        m->failed = 1;
        return -1;
    }
    size_t at = hash(key) & (m->n_slots - 1);
    for (; m->slot[at] >= 0; at = (at + 1) & (m->n_slots - 1))
        if (strcmp(m->name[m->slot[at]].key, key) == 0)
            return m->slot[at];
    void *p = cr_audit_grow(m->name, m->n_names, &m->cap_names, sizeof *m->name, &m->failed);
    if (!p)
        return -1;
    m->name = p;
    key = cr_arena_strdup(m->a, key);
    if (!key) {
        m->failed = 1;
        return -1;
    }
    m->name[m->n_names] = *name;
    m->name[m->n_names].key = key;
    m->slot[at] = (int)m->n_names;
    return (int)m->n_names++;
}

const struct expr *cr_maths_symbol(struct maths *m, int name)
{
    if (name < 0)
        return NULL;
    return cr_expr_sym(m->a, (uint64_t)name, m->name[name].key, NULL);
}

int cr_maths_entry(struct maths *m, int name, unsigned rows, unsigned cols, unsigned i)
{
    if (name < 0 || rows * cols == 1)
        return name;
    struct name n = m->name[name];
    const char *sub = n.sub;
    switch (n.kind) {
    case NAME_PARTIAL:
        n.by = cr_maths_entry(m, n.by, rows, cols, i);
        return n.by < 0 ? -1 : cr_maths_name(m, &n);
    case NAME_CHANGE:
    case NAME_DIFFERENCE:
        n.of = cr_maths_entry(m, n.of, rows, cols, i);
        return n.of < 0 ? -1 : cr_maths_name(m, &n);
    case NAME_PLAIN: break;
    case NAME_WORD:
    case NAME_DERIVATIVE: return -1;
    }
    n.sub = rows == 1 || cols == 1
                ? cr_arena_printf(m->a, "%s[%u]", sub, i + 1)
                : cr_arena_printf(m->a, "%s[%u,%u]", sub, i / cols + 1, i % cols + 1);
    if (!n.sub) {
        m->failed = 1;
        return -1;
    }
    return cr_maths_name(m, &n);
}

static int bare_index(const char *sub, char *out)
{
    size_t n = 0;
    int bracket = 0;
    for (; *sub && n < NAME_SIZE - 1; sub++) {
        bracket |= *sub == '[';
        if (!strchr("[],", *sub))
            out[n++] = *sub;
    }
    out[n] = '\0';
    return bracket;
}

int cr_maths_same_entry(const struct name *x, const struct name *y)
{
    char i[NAME_SIZE], j[NAME_SIZE];
    if (x->kind != NAME_PLAIN || y->kind != NAME_PLAIN || x->age != y->age || !*x->sub ||
        !*y->sub || !*x->base || !*y->base || strcmp(x->sup, y->sup) != 0)
        return 0;
    const int one = !x->base[1] && !y->base[1];
    if (strcmp(x->base, y->base) != 0 && !(one && (x->base[0] ^ y->base[0]) == ('a' ^ 'A')))
        return 0;
    return bare_index(x->sub, i) != bare_index(y->sub, j) && strcmp(i, j) == 0;
}

/* Indices. */

/* Indices: what stands in _{...} or ^{...}, written together. */

static int append(char *buf, const char *s)
{
    const size_t n = strlen(buf), more = strlen(s);
    if (n + more + 1 > NAME_SIZE)
        return 0;
    memcpy(buf + n, s, more + 1);
    return 1;
}

static int append_token(char *buf, const struct token *t)
{
    switch (t->kind) {
    case TOKEN_ARROW: return append(buf, ">");
    case TOKEN_RELATION:
    case TOKEN_IMPLIES:
    case TOKEN_END:
    case TOKEN_BEGIN:
    case TOKEN_FINISH:
    case TOKEN_ROW:
    case TOKEN_BROKEN: return 0;
    case TOKEN_STYLE:
    case TOKEN_BREAK: return 1;
    case TOKEN_PARTIAL: return append(buf, "∂");
    case TOKEN_DELTA: return append(buf, "Δ");
    default:
        if (t->kind == TOKEN_OP && (t->op == '{' || t->op == '}' || t->op == '_'))
            return 1;
        return t->text ? append(buf, t->text) : 0;
    }
}

/* From the current token: a group or one token. 0: not an index. */
int cr_parser_index(struct parser *p, char *buf)
{
    const int below = p->i > 0 && is_op(&p->t[p->i - 1], '_');
    buf[0] = '\0';
    if (!is_op(now(p), '{')) {
        if (!append_token(buf, now(p)))
            return 0;
        const int style = now(p)->kind == TOKEN_STYLE, prose = !now(p)->math;
        const char close = is_op(now(p), '(') ? ')' : is_op(now(p), '[') ? ']' : '\0';
        p->i++;
        if (close) { /* z^(2) */
            for (int n = 0; n < 4; n++) {
                const int last = is_op(now(p), close);
                if (!append_token(buf, now(p)))
                    return 0;
                p->i++;
                if (last)
                    return 1;
            }
            return 0;
        }
        if (style)
            return cr_parser_index(p, buf);
        /* w_x1->h1 and w_h1 in prose: what stands together belongs to it */
        while (prose && below && !now(p)->space &&
               (now(p)->kind == TOKEN_NAME || now(p)->kind == TOKEN_NUMBER ||
                now(p)->kind == TOKEN_ARROW || now(p)->kind == TOKEN_SUB ||
                now(p)->kind == TOKEN_WORD || now(p)->kind == TOKEN_FUNCTION || is_op(now(p), '_')))
            if (!append_token(buf, &p->t[p->i++]))
                return 0;
        return 1;
    }
    int depth = 0;
    for (; p->i < p->n && cr_parser_goes_on(p); p->i++) {
        depth += is_op(now(p), '{');
        if (!append_token(buf, now(p)))
            return 0;
        depth -= is_op(now(p), '}');
        if (!depth) {
            p->i++;
            return 1;
        }
    }
    return 0;
}

static const char *const new_marks[] = {"new",     "+",     "(new)", "neu",   "nouveau",
                                        "updated", "nuevo", "t+1",   "(t+1)", "after",
                                        "next",    "n+1",   "upd",   "(neu)", NULL};
static const char *const old_marks[] = {"old",    "(old)",   "alt",    "t",    "(t)",
                                        "before", "current", "ancien", "prev", NULL};

static int is_layer_mark(const char *s)
{
    const size_t n = strlen(s);
    const size_t inner = n < 3 ? 0 : strspn(s + 1, "0123456789Llkij+-");
    return (n >= 3 && n <= 5 && inner == n - 2 &&
            ((s[0] == '(' && s[n - 1] == ')') || (s[0] == '[' && s[n - 1] == ']'))) ||
           strcmp(s, "L") == 0 || strcmp(s, "l") == 0 || strcmp(s, "*") == 0;
}

/* What an exponent is when it is no power: the age or the layer of a symbol. */
static int is_mark(struct parser *p, const char *s)
{
    if (is_one_of(s, new_marks) || is_one_of(s, old_marks) || is_layer_mark(s))
        return 1;
    const char *comma = strrchr(s, ',');
    if (comma && (is_one_of(comma + 1, new_marks) || is_one_of(comma + 1, old_marks)))
        return 1;
    if (p->m->layers && *s && strspn(s, "0123456789") == strlen(s))
        return 1;
    /* words: target, true, hidden, out */
    size_t letters = 0;
    while ((s[letters] >= 'a' && s[letters] <= 'z') || (s[letters] >= 'A' && s[letters] <= 'Z'))
        letters++;
    return letters >= 3 && !s[letters];
}

static const char *copy_text(struct parser *p, const char *s)
{
    const char *c = cr_arena_strdup(p->m->a, s);
    if (!c)
        p->m->failed = 1;
    return c ? c : "";
}

/* Put marks of age aside: "5,new", "new". */
static void take_age(char *buf, struct name *n)
{
    if (is_one_of(buf, new_marks) || is_one_of(buf, old_marks)) {
        n->age = is_one_of(buf, new_marks) ? AGE_NEW : AGE_OLD;
        buf[0] = '\0';
        return;
    }
    char *comma = strrchr(buf, ',');
    if (comma && (is_one_of(comma + 1, new_marks) || is_one_of(comma + 1, old_marks))) {
        n->age = is_one_of(comma + 1, new_marks) ? AGE_NEW : AGE_OLD;
        *comma = '\0';
        return;
    }
    static const char *const tails[] = {"new", "old", NULL};
    for (int i = 0; tails[i]; i++) {
        const size_t k = strlen(tails[i]), len = strlen(buf);
        if (len > k && strcmp(buf + len - k, tails[i]) == 0) {
            buf[len - k] = '\0';
            n->age = i ? AGE_OLD : AGE_NEW;
            return;
        }
    }
}

/* y* before a space or a bracket, where no operand follows at once. */
static int is_star_mark(const struct parser *p)
{
    const struct token *next = &p->t[p->i + 1];
    return p->m->s[now(p)->at] == '*' &&
           (next->space || next->kind == TOKEN_END || next->kind == TOKEN_RELATION ||
            next->kind == TOKEN_SUPER || is_op(next, '_') || is_op(next, ')') || is_op(next, ']') ||
            is_op(next, ',') || is_op(next, '^'));
}

/* z[0], W[0][1], W[0,1] as programs write entries, in the manner of cr_maths_entry. */
static int take_entry(struct parser *p, char *buf)
{
    const size_t back = p->i;
    long index[2];
    int n = 0;
    while (n < 2 && is_op(now(p), '[') && !now(p)->space) {
        do {
            const struct token *t = &p->t[++p->i];
            if (n == 2 || t->kind != TOKEN_NUMBER || strlen(t->text) > 3 ||
                t->text[strspn(t->text, "0123456789")])
                break;
            index[n++] = strtol(t->text, NULL, 10) + p->m->from_zero;
            p->i++;
        } while (is_op(now(p), ','));
        if (!n || !take(p, ']')) {
            p->i = back;
            return 0;
        }
    }
    if (!n) {
        p->i = back;
        return 0;
    }
    (void)snprintf(buf, NAME_SIZE, n == 1 ? "[%ld]" : "[%ld,%ld]", index[0], n == 2 ? index[1] : 0);
    return 1;
}

/* Indices and marks after a symbol. A power is left for the caller. */
void cr_parser_decorate(struct parser *p, struct name *n)
{
    char buf[NAME_SIZE];
    for (;;) {
        const size_t back = p->i;
        const struct token *t = now(p);
        if (t->kind == TOKEN_SUB && !*n->sub) {
            n->sub = copy_text(p, t->text);
            p->i++;
        } else if (is_op(t, '_') && (!*n->sub || !t->math)) {
            p->i++;
            if (!cr_parser_index(p, buf)) {
                p->bad = 1;
                return;
            }
            if (n->age == AGE_UNSAID)
                take_age(buf, n);
            if (*buf && *n->sub)
                n->sub = cr_arena_printf(p->m->a, "%s%s", n->sub, buf);
            else if (*buf)
                n->sub = copy_text(p, buf);
            if (!n->sub) {
                n->sub = "";
                p->m->failed = 1;
            }
        } else if (is_op(t, '*') && !t->math && !t->space && !*n->sup && is_star_mark(p)) {
            p->i++;
            n->sup = "*";
        } else if (t->kind == TOKEN_SUPER || is_op(t, '^')) {
            int ok;
            if (t->kind == TOKEN_SUPER) {
                buf[0] = '\0';
                ok = append(buf, t->text);
                p->i++;
            } else {
                p->i++;
                ok = cr_parser_index(p, buf);
            }
            if (!ok || !is_mark(p, buf)) {
                p->i = back;
                return;
            }
            if (n->age == AGE_UNSAID)
                take_age(buf, n);
            if (*buf && *n->sup) {
                p->i = back;
                return;
            }
            if (*buf)
                n->sup = copy_text(p, buf);
        } else if (is_op(t, '[') && !t->space && !t->math && !strchr(n->sub, '[') &&
                   take_entry(p, buf)) {
            n->sub = cr_arena_printf(p->m->a, "%s%s", n->sub, buf);
            if (!n->sub) {
                n->sub = "";
                p->m->failed = 1;
            }
        } else if (is_op(t, '\'') && n->age == AGE_UNSAID) {
            p->i++;
            n->age = AGE_NEW;
        } else {
            return;
        }
    }
}
