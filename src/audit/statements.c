/* Statements: chains of sides, and what stands in the cells of tables. */
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/parser.h"

static void complain(struct maths *m, size_t at, size_t end, const char *what)
{
    void *p =
        cr_audit_grow(m->trouble, m->n_troubles, &m->cap_troubles, sizeof *m->trouble, &m->failed);
    if (!p)
        return;
    m->trouble = p;
    m->trouble[m->n_troubles++] = (struct trouble){at, end, what};
}

static struct chain *new_chain(struct maths *m, size_t block)
{
    void *p = cr_audit_grow(m->chain, m->n_chains, &m->cap_chains, sizeof *m->chain, &m->failed);
    if (!p)
        return NULL;
    m->chain = p;
    m->chain[m->n_chains] = (struct chain){.block = block};
    return &m->chain[m->n_chains++];
}

static void add_side(struct maths *m, struct chain *c, const struct side *side)
{
    if (c->n == c->cap) {
        const size_t cap = c->cap ? 2 * c->cap : 4;
        struct side *more = arena_new(m->a, struct side, cap);
        if (!more) {
            m->failed = 1;
            return;
        }
        if (c->n)
            memcpy(more, c->side, c->n * sizeof *more);
        c->side = more;
        c->cap = cap;
    }
    c->side[c->n++] = *side;
}

void cr_maths_append(struct maths *m, struct chain *c, const struct expr *value)
{
    const size_t at = c->side[c->n - 1].end;
    add_side(m, c, &(struct side){.e = value, .relation = "=", .at = at, .end = at});
}

void cr_maths_prepend(struct maths *m, struct chain *c, const struct expr *symbol)
{
    const struct side head = {.e = symbol, .at = c->side[0].at, .end = c->side[0].at};
    add_side(m, c, &head);
    if (m->failed)
        return;
    memmove(c->side + 1, c->side, (c->n - 1) * sizeof *c->side);
    c->side[0] = head;
    c->side[1].relation = "=";
}

/* "= 1 if x > 0": a case, not a value. */
static const char *const conditions[] = {"if", "otherwise", "else", "falls", "wenn", NULL};

/* "= 1 for x > 0", but not "= 0.9 for the output". */
static int is_condition(const struct parser *p, const struct token *t)
{
    static const char *const words[] = {"for", "when", NULL};
    if (is_one_of(t->text, conditions))
        return 1;
    for (int i = 1; is_one_of(t->text, words) && i < 8 && t[i].kind != TOKEN_END; i++)
        if (t[i].kind == TOKEN_BREAK)
            return p->m->s[t[i].at] != '.';
    return 0;
}

/* (i1 → h1), (from the left): no mathematics. */
static int is_remark(const struct parser *p)
{
    int depth = 0;
    for (size_t i = p->i; i < p->n && i < p->i + 40; i++) {
        const struct token *t = &p->t[i];
        depth += is_op(t, '(') - is_op(t, ')');
        if (!depth)
            return 0;
        if (t->kind == TOKEN_WORD || t->kind == TOKEN_ARROW)
            return 1;
    }
    return 0;
}

/* Whether a side that ended before this token was read to its end. */
static int is_end(const struct parser *p)
{
    const struct token *t = now(p);
    /* $a$ $b$ are two, and $a$ $+ b$ one */
    if (t->opens && !(t->kind == TOKEN_OP && strchr("*/^_o+-", t->op)))
        return 1;
    if (cr_parser_separates(p))
        return 1;
    switch (t->kind) {
    case TOKEN_OPAQUE:
    case TOKEN_NUMBER:
    case TOKEN_UNDER:
    case TOKEN_FRACTION:
    case TOKEN_FUNCTION:
    case TOKEN_SUPER:
    case TOKEN_SUB: return !t->math && (t->space || t->line || t->kind == TOKEN_OPAQUE);
    case TOKEN_OP:
        if (t->op == '(') /* a remark; else more mathematics */
            return (!t->math && (t->line || (p->i && p->t[p->i - 1].math))) ||
                   (!t->math && is_remark(p)) || t[1].kind == TOKEN_WORD ||
                   (t[1].kind == TOKEN_NUMBER && is_op(&t[2], ')'));
        return strchr("*/^_o", t->op) == NULL && !(strchr("+-", t->op) && !t->space && !t->line);
    case TOKEN_WORD: return !is_condition(p, t);
    default: return 1;
    }
}

static int ends_statement(const struct token *t)
{
    switch (t->kind) {
    case TOKEN_END:
    case TOKEN_RELATION:
    case TOKEN_IMPLIES:
    case TOKEN_ROW:
    case TOKEN_BREAK:
    case TOKEN_BROKEN:
    case TOKEN_FINISH:
    case TOKEN_ARROW: return 1;
    default: return is_op(t, ',') || is_op(t, ';') || is_op(t, '&');
    }
}

/* One side, from the current token. */
static struct side read_side(struct parser *p, const char *relation)
{
    const size_t first = p->i;
    p->bad = p->depth = p->abs = p->matrix = 0;
    p->terms = 0;
    while (is_op(now(p), '&') || (now(p)->kind == TOKEN_ROW && relation))
        p->i++;
    const size_t begin = p->i;
    struct side s = {.relation = relation, .at = now(p)->at};
    s.e = cr_parser_expression(p);
    p->m->failed |= !p->bad && !s.e;
    if (p->bad || !s.e || !is_end(p)) {
        s.e = NULL;
        if (p->i == begin && p->i < p->n && !ends_statement(now(p)))
            p->i++;
    }
    s.end = p->i > first ? p->t[p->i - 1].end : s.at;
    return s;
}

/* After a side that was not understood, which began at token `first`, and after & before a
 * relation. The = of \sum_{k=1} is none of the chain. */
static void skip_to_end(struct parser *p, size_t first)
{
    int depth = 0, braces = 0;
    for (size_t i = first; i < p->i; i++)
        braces += p->t[i].math ? is_op(&p->t[i], '{') - is_op(&p->t[i], '}') : 0;
    while (p->i < p->n) {
        const struct token *t = now(p);
        braces += t->math ? is_op(t, '{') - is_op(t, '}') : 0;
        if (braces < 0 || t->kind == TOKEN_END || t->kind == TOKEN_ROW || t->opens || !t->math)
            braces = 0;
        if (braces && (t->kind == TOKEN_RELATION || is_op(t, ','))) {
            p->i++;
            continue;
        }
        if (t->kind == TOKEN_BEGIN)
            depth++;
        if (t->kind == TOKEN_FINISH && depth-- <= 0)
            return;
        if (depth <= 0 && (ends_statement(t) || t->opens || (!t->math && t->kind == TOKEN_WORD)))
            return;
        p->i++;
    }
}

static int relation_follows(struct parser *p)
{
    size_t i = p->i;
    while (is_op(&p->t[i], '&'))
        i++;
    if (p->t[i].kind != TOKEN_RELATION)
        return 0;
    p->i = i;
    return 1;
}

static int is_column(const struct token *t)
{
    return !t->math && t->space == 2 && !t->line;
}

/* The sides that follow the first. */
static void read_chain(struct parser *p, struct chain *c)
{
    const size_t head = c->n;
    while (relation_follows(p)) {
        /* "= 0.2   = 0.3": columns of a table, not a chain */
        if (c->n > head && is_column(now(p)) &&
            !(c->side[c->n - 1].e && cr_maths_has_symbols(c->side[c->n - 1].e)))
            return;
        const char *relation = now(p)->text;
        p->i++;
        const size_t first = p->i;
        const struct side s = read_side(p, relation);
        add_side(p->m, c, &s);
        if (!s.e)
            skip_to_end(p, first);
        /* => 0.14 goes on with the chain, => z = 0.2 is a statement of its own */
        if (now(p)->kind == TOKEN_IMPLIES) {
            struct parser ahead = *p;
            ahead.i++;
            const size_t numbers = p->m->n_numbers;
            const struct side next = read_side(&ahead, "=");
            struct bare bare;
            if (next.e && cr_maths_bare(next.e, &bare) && !relation_follows(&ahead)) {
                p->i = ahead.i;
                add_side(p->m, c, &next);
            } else {
                p->m->n_numbers = numbers;
            }
        }
    }
}

static const char *label_before(const struct parser *p, size_t first)
{
    size_t i = first;
    while (i > 0 && (is_op(&p->t[i - 1], ':') || is_op(&p->t[i - 1], '&')))
        i--;
    if (i == 0 || p->t[i - 1].kind != TOKEN_WORD)
        return NULL;
    return p->t[i - 1].text;
}

/* A word before a relation is a name too: Error = ... */
static int word_before_relation(const struct parser *p)
{
    const struct token *t = now(p);
    return t->kind == TOKEN_WORD && t[1].kind == TOKEN_RELATION;
}

static int named_number(const struct parser *p)
{
    const struct token *t = now(p);
    return is_op(t, ':') && (t[1].kind == TOKEN_NUMBER || (is_op(&t[1], '[') && !t->math) ||
                             (is_op(&t[1], '-') && t[2].kind == TOKEN_NUMBER));
}

/* "Error of y = 0.2" is about the error. */
static int is_about_another(const struct parser *p, size_t first)
{
    static const char *const of[] = {"of", "in", "for", "by", NULL};
    static const char *const what[] = {
        "gradient", "Gradient", "derivative", "Derivative", "change",    "Change", "error", "Error",
        "Loss",     "Cost",     "slope",      "reduction",  "Reduction", "δ",      NULL};
    return first >= 2 && p->t[first - 1].kind == TOKEN_WORD &&
           is_one_of(p->t[first - 1].text, of) && p->t[first - 2].text &&
           is_one_of(p->t[first - 2].text, what);
}

/* new w = 0.3, New weight: w = 0.3 */
static enum name_age age_before(const struct parser *p, size_t first)
{
    static const char *const new_words[] = {"new", "New",  "updated", "Updated",
                                            "neu", "neue", "neues",   NULL};
    static const char *const old_words[] = {"old",     "Old",     "previous", "Previous",
                                            "initial", "Initial", "alt",      NULL};
    size_t i = first;
    while (i > 0 && (is_op(&p->t[i - 1], ':') || is_op(&p->t[i - 1], '&')))
        i--;
    if (i == 0 || p->t[i - 1].kind != TOKEN_WORD)
        return AGE_UNSAID;
    static const char *const things[] = {"weight", "weights", "value", "bias", "output", NULL};
    const char *word = p->t[i - 1].text;
    if (is_one_of(word, things) && i > 1 && p->t[i - 2].kind == TOKEN_WORD)
        word = p->t[i - 2].text;
    if (is_one_of(word, new_words) || strncmp(word, "New ", 4) == 0 ||
        strncmp(word, "new ", 4) == 0 || strncmp(word, "Updated ", 8) == 0)
        return AGE_NEW;
    return is_one_of(word, old_words) ? AGE_OLD : AGE_UNSAID;
}

/* f(x) = 0.3·0.5 + 0.1 = 0.25 is about f. */
static void name_result(struct maths *m, struct chain *c)
{
    const struct expr *head = c->side[0].e;
    if (!head || head->kind != EXPR_CALL || head->func >= 0 || head->n != 1 ||
        head->arg[0]->kind != EXPR_SYM || strchr(head->text, '\''))
        return;
    for (size_t k = 1; k < c->n; k++)
        if (!c->side[k].e || cr_maths_has_symbols(c->side[k].e))
            return;
    const struct name n = {
        .kind = NAME_PLAIN, .base = head->text, .sub = "", .sup = "", .of = -1, .by = -1};
    c->side[0].e = cr_maths_symbol(m, cr_maths_name(m, &n));
}

/* (lr = 0.1): the parenthesis holds a statement. */
static int holds_statement(const struct parser *p)
{
    int depth = 0;
    for (size_t i = p->i; i < p->n && i < p->i + 40 && !now(p)->math; i++) {
        const struct token *t = &p->t[i];
        depth += is_op(t, '(') - is_op(t, ')');
        if (!depth)
            return 0;
        if (t->kind == TOKEN_RELATION)
            return depth == 1;
    }
    return 0;
}

/* w: 0.4 → 0.38, w → 0.38: what a weight becomes. */
static void read_arrow(struct parser *p, size_t block, const struct expr *symbol)
{
    static const char *const bases[] = {"w", "W", "b", "B",    "θ",      "Θ", "u",
                                        "U", "v", "V", "bias", "weight", NULL};
    struct maths *m = p->m;
    struct name n = m->name[symbol->ref];
    if (now(p)->kind != TOKEN_ARROW || n.kind != NAME_PLAIN || n.age != AGE_UNSAID ||
        !is_one_of(n.base, bases))
        return;
    struct parser ahead = *p;
    const size_t numbers = m->n_numbers;
    ahead.i++;
    const struct side value = read_side(&ahead, "=");
    struct bare bare;
    if (!value.e || now(&ahead)->kind == TOKEN_ARROW ||
        !(cr_maths_bare(value.e, &bare) || value.e->kind == EXPR_MATRIX)) {
        m->n_numbers = numbers;
        return;
    }
    n.age = AGE_NEW;
    struct chain *c = new_chain(m, block);
    if (!c)
        return;
    const struct side head = {
        .e = cr_maths_symbol(m, cr_maths_name(m, &n)), .at = value.at, .end = value.at};
    add_side(m, c, &head);
    add_side(m, c, &value);
    p->i = ahead.i;
}

static void read_statement(struct parser *p, size_t block)
{
    if (is_op(now(p), '(') && holds_statement(p)) {
        p->i++;
        return;
    }
    struct maths *m = p->m;
    const size_t first = p->i, numbers = m->n_numbers;
    struct side s;
    if (word_before_relation(p)) {
        const struct name n = {
            .kind = NAME_WORD, .base = now(p)->text, .sub = "", .sup = "", .of = -1, .by = -1};
        s = (struct side){
            .e = cr_maths_symbol(m, cr_maths_name(m, &n)), .at = now(p)->at, .end = now(p)->end};
        p->i++;
    } else {
        s = read_side(p, NULL);
        if (!s.e && p->i == first)
            p->i++;
        if (!s.e && now(p)->kind != TOKEN_RELATION)
            p->i = first + 1 > p->i || !p->t[first].math ? first + 1 : p->i;
    }
    if (p->i <= first)
        p->i = first + 1;
    if (s.e && s.e->kind == EXPR_SYM && named_number(p)) {
        struct chain *c = new_chain(m, block);
        p->i++;
        if (!c)
            return;
        add_side(m, c, &s);
        const struct side value = read_side(p, "=");
        add_side(m, c, &value);
        read_chain(p, c);
        read_arrow(p, block, s.e);
        return;
    }
    if (s.e && s.e->kind == EXPR_SYM && now(p)->kind == TOKEN_ARROW) {
        read_arrow(p, block, s.e);
        return;
    }
    struct bare bare;
    if (!relation_follows(p) || (s.e && cr_maths_bare(s.e, &bare) && is_column(now(p)))) {
        m->n_numbers = numbers;
        return;
    }
    struct chain *c = new_chain(m, block);
    if (!c)
        return;
    c->label = label_before(p, first);
    if (s.e && s.e->kind == EXPR_SYM && is_about_another(p, first))
        s.e = NULL;
    if (s.e && s.e->kind == EXPR_SYM && m->name[s.e->ref].age == AGE_UNSAID &&
        m->name[s.e->ref].kind == NAME_PLAIN) {
        struct name n = m->name[s.e->ref];
        n.age = age_before(p, first);
        s.e = cr_maths_symbol(m, cr_maths_name(m, &n));
    }
    add_side(m, c, &s);
    read_chain(p, c);
    if (!m->failed)
        name_result(m, c);
}

static int begins_row(const struct parser *p)
{
    for (size_t i = p->i; i-- > 0;) {
        const struct token *t = &p->t[i];
        if (t->kind == TOKEN_ROW)
            return 1;
        if (!is_op(t, '&') && t->kind != TOKEN_BREAK && t->kind != TOKEN_BEGIN)
            return 0;
    }
    return 1;
}

void cr_maths_read(struct maths *m, const struct tokens *tokens, size_t block, int goes_on)
{
    struct parser p = {.m = m, .t = tokens->token, .n = tokens->n};
    const size_t chains = m->n_chains;
    while (p.i < p.n && !m->failed) {
        const struct token *t = now(&p);
        if (!m->steps) {
            complain(m, t->at, t->at + 1,
                     "this mathematics is too tangled to be read; what follows is not read");
            return;
        }
        if (t->kind == TOKEN_BROKEN) {
            complain(m, t->at, t->end,
                     "this is not well-formed mathematics; reading goes on after it");
            p.i++;
        } else if (t->kind == TOKEN_RELATION) {
            const int row = begins_row(&p);
            if (row && m->n_chains > (goes_on ? 0 : chains)) {
                read_chain(&p, &m->chain[m->n_chains - 1]);
            } else {
                struct chain *c = new_chain(m, block);
                if (!c)
                    return;
                c->label = label_before(&p, p.i);
                read_chain(&p, c);
            }
        } else if (t->kind == TOKEN_BEGIN && !cr_parser_is_matrix(t->text)) {
            p.i++;
        } else if (t->kind == TOKEN_BEGIN && strcmp(t->text, "array") == 0) {
            /* an array of statements, or a matrix */
            const size_t before = p.i;
            read_statement(&p, block);
            if (p.i == before + 1)
                continue;
        } else if (ends_statement(t)) {
            p.i++;
        } else {
            read_statement(&p, block);
        }
    }
}

const struct expr *cr_maths_cell(struct maths *m, const struct tokens *tokens, int *name)
{
    struct parser p = {.m = m, .t = tokens->token, .n = tokens->n};
    const size_t numbers = m->n_numbers;
    const struct expr *e = p.n ? cr_parser_expression(&p) : NULL;
    *name = -1;
    if (!p.bad && e && p.i == p.n) {
        if (e->kind == EXPR_SYM)
            *name = (int)e->ref;
        return e;
    }
    m->n_numbers = numbers;
    for (size_t i = 0; i < tokens->n && m->steps; i++) {
        p = (struct parser){.m = m, .t = tokens->token, .n = tokens->n, .i = i};
        const struct token *t = now(&p);
        if (t->kind != TOKEN_NAME && t->kind != TOKEN_PARTIAL && t->kind != TOKEN_FRACTION &&
            t->kind != TOKEN_STYLE && t->kind != TOKEN_DELTA)
            continue;
        e = cr_parser_factor(&p);
        if (p.bad || !e || e->kind != EXPR_SYM || (!t->math && p.i != p.n))
            continue;
        *name = (int)e->ref;
        i = p.i - 1;
    }
    m->n_numbers = numbers;
    return NULL;
}

int cr_maths_one_name(struct maths *m, const struct tokens *tokens)
{
    struct parser p = {.m = m, .t = tokens->token, .n = tokens->n};
    const struct expr *e = cr_parser_expression(&p);
    return p.bad || !e || e->kind != EXPR_SYM || p.i != p.n ? -1 : (int)e->ref;
}

int cr_maths_has_symbols(const struct expr *e)
{
    if (e->kind == EXPR_SYM)
        return 1;
    for (unsigned i = 0; i < e->n; i++)
        if (cr_maths_has_symbols(e->arg[i]))
            return 1;
    return 0;
}

void cr_maths_free(struct maths *m)
{
    free(m->name);
    free(m->number);
    free(m->chain);
    free(m->trouble);
    free(m->slot);
    cr_text_free(&m->key);
    m->name = NULL;
    m->number = NULL;
    m->chain = NULL;
    m->trouble = NULL;
    m->slot = NULL;
}

static int power_of_ten(const struct expr *e, int *power)
{
    if (e->kind != EXPR_POW || e->arg[0]->kind != EXPR_NUM || e->arg[0]->value != 10)
        return 0;
    const struct expr *x = e->arg[1];
    const int sign = x->kind == EXPR_NEG ? -1 : 1;
    if (sign < 0)
        x = x->arg[0];
    if (x->kind != EXPR_NUM || x->value != (int)x->value || x->value < -300 || x->value > 300)
        return 0;
    *power = sign * (int)x->value;
    return 1;
}

int cr_maths_bare(const struct expr *e, struct bare *out)
{
    struct bare b = {.sign = 1};
    while (e && e->kind == EXPR_NEG) {
        b.sign = -b.sign;
        e = e->arg[0];
    }
    if (e && e->kind == EXPR_DIV && e->arg[1]->latex && e->arg[1]->kind == EXPR_NUM) {
        b.percent = 1;
        e = e->arg[0];
    }
    if (e && e->kind == EXPR_MUL && e->n == 2 && power_of_ten(e->arg[1], &b.power))
        e = e->arg[0];
    while (e && e->kind == EXPR_NEG) {
        b.sign = -b.sign;
        e = e->arg[0];
    }
    if (!e || e->kind != EXPR_NUM || !e->ref)
        return 0;
    b.num = e;
    *out = b;
    return 1;
}
