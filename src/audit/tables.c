/* Numbers in tables: a row's label and a column's head say what they are of. */
#include <ctype.h>
#include <string.h>

#include "audit/audit.h"

enum { MOST_CELLS = 32 };

struct cell {
    size_t block;
    const struct expr *e; /* NULL: words */
    int name;             /* of the last symbol; -1 */
};

struct row {
    struct cell cell[MOST_CELLS];
    size_t n;
};

static int contains(const struct audit *a, size_t block, const char *const *words)
{
    const struct block *b = &a->blocks.block[block];
    for (; *words; words++) {
        const size_t n = strlen(*words);
        for (size_t i = b->at; i + n <= b->end; i++) {
            size_t k = 0;
            while (k < n && tolower((unsigned char)a->blocks.text[i + k]) == (*words)[k])
                k++;
            if (k == n)
                return 1;
        }
    }
    return 0;
}

static const char *const new_words[] = {"after", "new", "updated", "neu", "nach", NULL};
static const char *const old_words[] = {"before", "old", "initial", "alt", "vor ", NULL};
static const char *const gradient_words[] = {"gradient", "derivative", "partial", "\xE2\x88\x82",
                                             NULL};
static const char *const less_words[] = {"reduction", "decrease", "drop", "improvement", NULL};
static const char *const other_words[] = {"error",     "change",      "difference",
                                          "reduction", "improvement", NULL};
static const char *const relative_words[] = {"%",        "percent", "per cent",
                                             "relative", "factor",  NULL};

static const char *const value_words[] = {"value",   "wert",   "result", "comput", "calcul",
                                          "forward", "number", "=",      NULL};

static int is_bare(const struct expr *e)
{
    struct bare b;
    return e && cr_maths_bare(e, &b);
}

/* The cells of one row, from a block on; returns the block after it. */
static size_t read_row(const struct audit *a, size_t at, struct row *out)
{
    const struct block *first = &a->blocks.block[at];
    out->n = 0;
    for (; at < a->blocks.n; at++) {
        const struct block *b = &a->blocks.block[at];
        if (b->kind != BLOCK_CELL || b->table != first->table || b->row != first->row)
            break;
        if (out->n < MOST_CELLS)
            out->cell[out->n++] = (struct cell){at, a->cell[at].e, a->cell[at].name};
    }
    return at;
}

static int column(const struct audit *a, const struct cell *c)
{
    return a->blocks.block[c->block].col;
}

/* The head of a column, or NULL. */
static const struct cell *head_of(const struct audit *a, const struct row *head,
                                  const struct cell *c)
{
    for (size_t i = 0; i < head->n; i++)
        if (column(a, &head->cell[i]) == column(a, c))
            return &head->cell[i];
    return NULL;
}

static int aged(struct audit *a, int name, enum name_age age)
{
    if (name < 0 || age == AGE_UNSAID)
        return name;
    struct name n = a->maths.name[name];
    n.age = age;
    return cr_maths_name(&a->maths, &n);
}

/* dL/d of what the row is about. */
static int gradient(struct audit *a, int name)
{
    if (name < 0 || a->maths.name[name].kind != NAME_PLAIN)
        return name;
    const struct name n = {
        .kind = NAME_DIFFERENCE, .base = "", .sub = "", .sup = "", .of = name, .by = -1};
    return cr_maths_name(&a->maths, &n);
}

static enum name_age age_of(const struct audit *a, const struct cell *head)
{
    return !head                                 ? AGE_UNSAID
           : contains(a, head->block, new_words) ? AGE_NEW
           : contains(a, head->block, old_words) ? AGE_OLD
                                                 : AGE_UNSAID;
}

/* Tables with a row for each unit: what a column is of, by its symbol or in words. */
static const char *const unit_words[] = {"unit", "neuron", "node", NULL};
static const char *const net_words[] = {"net", "sum", "pre-act", "preact", NULL};
static const char *const out_words[] = {"output", "activation", NULL};
static const char *const delta_words[] = {"delta", "error", NULL};

static int has_units(const struct audit *a, const struct row *head)
{
    return head->n > 1 && column(a, &head->cell[0]) == 0 &&
           contains(a, head->cell[0].block, unit_words);
}

/* The symbol of a column for the unit that the row is labelled with; -1. */
static int unit_name(struct audit *a, const struct row *head, const struct row *row, size_t k)
{
    const struct cell *over = head_of(a, head, &row->cell[k]);
    const struct cell *label = &row->cell[0];
    struct name n = {.kind = NAME_PLAIN, .base = "", .sub = "", .sup = "", .of = -1, .by = -1};
    struct bare bare;
    if (!over || k == 0 || column(a, label) != 0)
        return -1;
    if (over->name >= 0 && a->maths.name[over->name].kind == NAME_PLAIN &&
        strlen(a->maths.name[over->name].sub) < 2)
        n = a->maths.name[over->name];
    else if (contains(a, over->block, net_words))
        n.base = "net";
    else if (contains(a, over->block, out_words))
        n.base = "out";
    else if (contains(a, over->block, delta_words))
        n.base = "δ";
    else
        return -1;
    if (label->e && cr_maths_bare(label->e, &bare) && bare.sign > 0 && !bare.percent)
        n.sub = bare.num->text;
    else if (label->name >= 0 && a->maths.name[label->name].kind == NAME_PLAIN)
        n.sub = cr_arena_printf(&a->arena, "%s%s", a->maths.name[label->name].base,
                                a->maths.name[label->name].sub);
    else
        return -1;
    a->failed |= !n.sub;
    return a->failed ? -1 : cr_maths_name(&a->maths, &n);
}

/* Whether a row's symbol is what the numbers of a column are of, rather than of a part of it. */
static int is_of_label(const struct audit *a, const struct row *row, const struct cell *over)
{
    size_t columns = 0;
    for (size_t i = 1; i < row->n; i++)
        columns += row->cell[i].e == NULL || is_bare(row->cell[i].e);
    return columns < 2 || !over || contains(a, over->block, value_words) ||
           contains(a, over->block, new_words) || contains(a, over->block, old_words) ||
           contains(a, over->block, gradient_words);
}

static void name_chain(struct audit *a, const struct row *head, const struct row *row, size_t k,
                       struct chain *c)
{
    const struct cell *label = &row->cell[0], *over = head_of(a, head, &row->cell[k]);
    int name = -1;
    if (!c->n || !c->side[0].e || cr_maths_has_symbols(c->side[0].e) || k == 0 ||
        column(a, label) != 0)
        return;
    /* what stands between says what of the label it is */
    for (size_t i = 1; i < k; i++)
        if (row->cell[i].e && cr_maths_has_symbols(row->cell[i].e))
            return;
    if (has_units(a, head))
        name = unit_name(a, head, row, k);
    else if (label->e && label->e->kind == EXPR_SYM && over && is_of_label(a, row, over) &&
             !contains(a, over->block, other_words))
        name = contains(a, over->block, gradient_words) ? gradient(a, label->name)
                                                        : aged(a, label->name, age_of(a, over));
    if (name >= 0)
        cr_maths_prepend(&a->maths, c, cr_maths_symbol(&a->maths, name));
    a->failed |= a->maths.failed;
}

/* | z = 0.2·0.5 + 0.1 | 0.2 |: the cell beside an equation is its value. */
static void take_value(struct audit *a, struct chain *c, const struct cell *beside)
{
    const struct expr *last = c->n > 1 ? c->side[c->n - 1].e : NULL;
    if (!is_bare(beside->e) || !last || is_bare(last) || last->kind == EXPR_MATRIX)
        return;
    cr_maths_append(&a->maths, c, beside->e);
    a->cell[beside->block].e = NULL;
    a->failed |= a->maths.failed;
}

void cr_audit_name_cells(struct audit *a)
{
    struct row head = {.n = 0}, row;
    size_t chain = 0;
    int table = -1;
    for (size_t i = 0; i < a->blocks.n && !a->failed;) {
        if (a->blocks.block[i].kind != BLOCK_CELL) {
            i++;
            continue;
        }
        const int first = a->blocks.block[i].table != table;
        table = a->blocks.block[i].table;
        const size_t next = read_row(a, i, first ? &head : &row);
        for (size_t k = 0; !first && k < row.n; k++) {
            size_t chains = 0;
            while (chain < a->maths.n_chains && a->maths.chain[chain].block < row.cell[k].block)
                chain++;
            for (; chain < a->maths.n_chains && a->maths.chain[chain].block == row.cell[k].block;
                 chain++, chains++)
                name_chain(a, &head, &row, k, &a->maths.chain[chain]);
            if (chains == 1 && k + 1 < row.n)
                take_value(a, &a->maths.chain[chain - 1], &row.cell[k + 1]);
        }
        i = next;
    }
}

/* The symbol that a head is, or the target that it names: "target o1"; -1. */
static int head_name(struct audit *a, const struct cell *head)
{
    static const char *const words[] = {"target", "desired", NULL};
    if (head->e && head->e->kind == EXPR_SYM)
        return head->name;
    if (head->e || head->name < 0 || !contains(a, head->block, words))
        return -1;
    struct name n = a->maths.name[head->name];
    if (n.kind != NAME_PLAIN || strcmp(n.base, "target") == 0)
        return head->name;
    n.sub = cr_arena_printf(&a->arena, "%s%s", n.base, n.sub);
    n.base = "target";
    a->failed |= !n.sub;
    return a->failed ? -1 : cr_maths_name(&a->maths, &n);
}

/* A head of symbols over one row of numbers: they are given. */
static int claim_givens(struct audit *a, const struct row *head, const struct row *row)
{
    if (row->n != head->n || row->n < 2)
        return 0;
    for (size_t k = 0; k < row->n; k++)
        if (head_name(a, &head->cell[k]) < 0 || !is_bare(row->cell[k].e) ||
            column(a, &head->cell[k]) != column(a, &row->cell[k]))
            return 0;
    for (size_t k = 0; k < row->n; k++)
        cr_audit_claim_cell(a, row->cell[k].block, row->cell[k].e, NULL,
                            head_name(a, &head->cell[k]), NULL);
    return 1;
}

static void claim_number(struct audit *a, const struct row *head, const struct row *row, size_t k)
{
    const struct cell *c = &row->cell[k], *over = head_of(a, head, c);
    const struct expr *formula = NULL, *from = NULL;
    int whole = -1, name = -1, is_gradient = over && contains(a, over->block, gradient_words);
    for (size_t i = k; i-- > 0;) {
        const struct cell *left = &row->cell[i], *h = head_of(a, head, left);
        if (left->e && cr_maths_has_symbols(left->e) && left->e->kind != EXPR_SYM && !formula) {
            formula = left->e;
            is_gradient |= h && contains(a, h->block, gradient_words);
        } else if (left->e && left->e->kind == EXPR_SYM && whole < 0 && i == 0 &&
                   !is_of_label(a, row, over)) {
            return;
        } else if (left->e && left->e->kind == EXPR_SYM && whole < 0) {
            whole = left->name;
        } else if (i + 1 == k && left->e && !cr_maths_has_symbols(left->e) && !is_bare(left->e)) {
            from = left->e;
        } else if (name < 0) {
            name = left->name;
        }
        is_gradient |= i == 0 && contains(a, left->block, gradient_words);
    }
    /* a description beside it ("x1 to h1") names others */
    if (whole >= 0)
        name = whole;
    enum name_age age = age_of(a, over);
    if (has_units(a, head)) {
        name = unit_name(a, head, row, k);
        if (name >= 0)
            cr_audit_claim_cell(a, c->block, c->e, from, name, formula);
        return;
    }
    if (name < 0 && over && over->name >= 0 && k > 0) {
        /* a column for each symbol, a row before and a row after */
        age = age_of(a, &row->cell[0]);
        if (age == AGE_UNSAID)
            return;
        name = over->name;
    }
    struct bare bare;
    /* what is said of something else than the symbol itself */
    if ((name < 0 && !formula) || (cr_maths_bare(c->e, &bare) && bare.percent) ||
        contains(a, row->cell[0].block, other_words) ||
        (over && contains(a, over->block, other_words)))
        return;
    name = is_gradient ? gradient(a, name) : aged(a, name, age);
    if (name < 0 && !formula)
        return;
    cr_audit_claim_cell(a, c->block, c->e, from, name, formula);
}

/* "Reduction | - | 0.47": the row before it, before minus after. */
static int claim_reduction(struct audit *a, const struct row *row, const struct row *before)
{
    const struct expr *n[2] = {NULL, NULL}, *last = NULL;
    size_t block = 0, count = 0;
    if (!contains(a, row->cell[0].block, less_words) ||
        contains(a, row->cell[0].block, relative_words))
        return 0;
    for (size_t i = 0; i < before->n; i++)
        if (is_bare(before->cell[i].e) && count < 2)
            n[count++] = before->cell[i].e;
    for (size_t i = 1; i < row->n; i++)
        if (is_bare(row->cell[i].e)) {
            last = row->cell[i].e;
            block = row->cell[i].block;
        }
    if (count == 2 && last)
        cr_audit_claim_cell(a, block, last, cr_expr_sub(&a->arena, n[0], n[1]), -1, NULL);
    return 1;
}

size_t cr_audit_claim_table(struct audit *a, size_t at)
{
    const int table = a->blocks.block[at].table;
    struct row head, row, before = {.n = 0};
    size_t rows = 0;
    at = read_row(a, at, &head);
    for (size_t i = at; i < a->blocks.n && a->blocks.block[i].kind == BLOCK_CELL &&
                        a->blocks.block[i].table == table && rows < 2;
         rows++)
        i = read_row(a, i, &row);
    while (at < a->blocks.n && a->blocks.block[at].kind == BLOCK_CELL &&
           a->blocks.block[at].table == table && !a->failed) {
        at = read_row(a, at, &row);
        if (rows == 1 && claim_givens(a, &head, &row))
            break;
        if (row.n && !(before.n && claim_reduction(a, &row, &before)))
            for (size_t k = 1; k < row.n; k++)
                if (is_bare(row.cell[k].e))
                    claim_number(a, &head, &row, k);
        before = row;
    }
    return at;
}
