#include "net/plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/team.h"
#include "base/text.h"
#include "net/call.h"
#include "net/narrow.h"

enum { ALIGN = 16 /* numbers; 64 bytes in float32 */, MOST_SLICES = 64 };

/* Rows of a slice, at least: of small networks, and of those with at least so many numbers,
 * whose parts are worth sharing. */
enum { SLICE_ROWS = 64, TILED_SLICE_ROWS = 1024, TILED = 1 << 15 };

/* Columns of an output that are worth sharing, and the weights not worth it. */
enum { TILED_COLS = 128, SMALL_WEIGHTS = 1 << 13 };

/* Every slice has its own sums over rows; together they stay below this many numbers. */
enum { MOST_SUMS = 1 << 24 };

static size_t most_slices(size_t params)
{
    const size_t n = params ? MOST_SUMS / params : MOST_SLICES;
    return n < 1 ? 1 : n < MOST_SLICES ? n : MOST_SLICES;
}

size_t cr_slice_rows(size_t params, size_t rows)
{
    const size_t most = most_slices(params);
    const size_t share = rows / most + (rows % most != 0);
    const size_t least = params < TILED ? SLICE_ROWS : TILED_SLICE_ROWS;
    const size_t rounded = share + (least - share % least) % least;
    return rounded ? rounded : least;
}

static size_t slice_rows(const cr_plan *p, size_t rows)
{
    return p->one_slice ? rows : cr_slice_rows(p->net->block, rows);
}

struct slicing cr_slicing(const cr_plan *plan, size_t rows)
{
    const size_t each = slice_rows(plan, rows);
    return (struct slicing){each, rows / each + (rows % each != 0)};
}

/* The most slices that a batch can fall into. */
static size_t slices_of(const cr_plan *p)
{
    const size_t least = p->net->block < TILED ? SLICE_ROWS : TILED_SLICE_ROWS;
    const size_t slices = p->rows / least + (p->rows % least != 0);
    const size_t most = most_slices(p->net->block);
    if (p->one_slice)
        return 1;
    return slices < most ? slices : most;
}

/* Grouping. A map whose result only one other map reads is substituted into that map's
 * formula: the same primitives in the same order, so the same bits, without the trip
 * through memory. */

struct substitution {
    struct arena *a;
    const struct call *from, *into;
    int which; /* operand of `into` that `from` makes */
    int *in, n_in;
};

static int operand_index(struct substitution *s, int value)
{
    for (int i = 0; i < s->n_in; i++)
        if (s->in[i] == value)
            return i;
    if (s->n_in == PROGRAM_ARGS)
        return -1;
    s->in[s->n_in] = value;
    return s->n_in++;
}

static const struct expr *rename(void *ctx, const struct expr *sym)
{
    struct substitution *s = ctx;
    const int i = operand_index(s, s->from->in[sym->ref]);
    return i < 0 ? NULL : cr_expr_sym(s->a, (uint64_t)i, NULL, NULL);
}

static const struct expr *substitute(void *ctx, const struct expr *sym)
{
    struct substitution *s = ctx;
    if ((int)sym->ref == s->which)
        return cr_expr_map(s->a, s->from->formula, rename, s);
    const int i = operand_index(s, s->into->in[sym->ref]);
    return i < 0 ? NULL : cr_expr_sym(s->a, (uint64_t)i, NULL, NULL);
}

static struct program *compile(struct arena *a, const struct expr *formula, int n_in, cr_error *err)
{
    uint64_t args[PROGRAM_ARGS];
    if (n_in > PROGRAM_ARGS)
        return NULL;
    for (int i = 0; i < n_in; i++)
        args[i] = (uint64_t)i;
    struct program *p = arena_new(a, struct program, 1);
    if (!p) {
        cr_fail_memory(err);
        return NULL;
    }
    return cr_expr_compile(formula, args, (size_t)n_in, p, err) ? NULL : p;
}

static int try_substitute(cr_plan *p, const struct call *from, struct call *into, int which)
{
    int in[PROGRAM_ARGS];
    struct substitution s = {&p->arena, from, into, which, in, 0};
    const struct expr *formula = cr_expr_map(&p->arena, into->formula, substitute, &s);
    if (!formula)
        return 0;
    struct program *program = compile(&p->arena, formula, s.n_in, NULL);
    int *kept = cr_arena_copy(&p->arena, in, (size_t)s.n_in, sizeof *in);
    if (!program || !kept)
        return 0;
    into->formula = formula;
    into->program = program;
    into->in = kept;
    into->n_in = s.n_in;
    return 1;
}

/* The only call that reads a value, and as which operand; NULL when there are more. */
static struct call *only_reader(cr_plan *p, int value, int *which)
{
    struct call *reader = NULL;
    for (int i = 0; i < p->n_calls; i++)
        for (int k = 0; k < p->call[i].n_in; k++) {
            if (p->call[i].in[k] != value)
                continue;
            if (reader)
                return NULL;
            reader = &p->call[i];
            *which = k;
        }
    return reader;
}

/* Whether a call reads a parameter or a state that a call before `end` gives its new value:
 * where both share one place, the old value is gone by then. */
static int is_overtaken(const cr_plan *p, const struct call *c, const struct call *end)
{
    for (const struct call *between = c + 1; between < end; between++) {
        const struct value *v = &p->tape->value[between->out];
        for (int k = 0; k < c->n_in && (v->role == ROLE_NEW || v->role == ROLE_NEW_STATE); k++)
            if (c->in[k] == v->of)
                return 1;
    }
    return 0;
}

/* Values that only one call needs, as far as this plan goes. */
static int is_passing(const cr_plan *p, int value)
{
    const struct value *v = &p->tape->value[value];
    return value != p->tape->output && v->extent != SCALAR && v->role != ROLE_NEW &&
           v->role != ROLE_NEW_STATE;
}

/* One shape: else a result that serves many elements would be computed for each. */
static int is_alike(const cr_plan *p, const struct call *a, const struct call *b)
{
    const struct value *v = p->tape->value;
    return v[a->out].extent == v[b->out].extent && v[a->out].cols == v[b->out].cols;
}

static void group(cr_plan *p)
{
    for (int i = 0; i < p->n_calls;) {
        const struct call *c = &p->call[i];
        int which = 0;
        struct call *reader =
            c->op == OP_MAP && is_passing(p, c->out) ? only_reader(p, c->out, &which) : NULL;
        if (reader && reader->op == OP_MAP && is_alike(p, c, reader) &&
            !is_overtaken(p, c, reader) && try_substitute(p, c, reader, which)) {
            memmove(&p->call[i], &p->call[i + 1], (size_t)(p->n_calls - i - 1) * sizeof *p->call);
            p->n_calls--;
        } else {
            i++;
        }
    }
}

/* Operands that only the formula as shown reads come last, and are no arguments. */
static int count_arguments(const struct expr *e)
{
    int n = e->kind == EXPR_SYM ? (int)e->ref + 1 : 0;
    for (unsigned i = 0; i < e->n; i++) {
        const int k = count_arguments(e->arg[i]);
        n = k > n ? k : n;
    }
    return n;
}

/* Stages of a plan in tiles. */

static int sums_over_rows(const struct call *c)
{
    return c->op == OP_LINEAR_DW || c->op == OP_SUM_ROWS || c->op == OP_COL_SUM ||
           c->op == OP_TOTAL;
}

static enum split split_of(const cr_plan *p, const struct call *c)
{
    const struct value *v = p->tape->value;
    if (sums_over_rows(c) || v[c->out].extent == PER_NET)
        return BY_BLOCK;
    const int product = c->op == OP_LINEAR || c->op == OP_LINEAR_DX;
    const size_t cols = v[c->out].cols, inner = v[c->in[0]].cols;
    return product && cols >= TILED_COLS && inner > SMALL_WEIGHTS / cols ? BY_COLS : BY_ROWS;
}

/* Whether a call, in the same part of its output, reads nothing that others of the stage made. */
static int joins(const cr_plan *p, const struct call *first, const struct call *c)
{
    const enum split split = split_of(p, c);
    if (first->phase == PHASE_UPDATE || c->phase == PHASE_UPDATE)
        return 0;
    if (first->split == BY_COLS)
        return c->op == OP_MAP && split != BY_BLOCK &&
               p->tape->value[c->out].cols == p->tape->value[first->out].cols;
    if (split == BY_BLOCK && !(first->late && c->late))
        return 0;
    return first->split == split;
}

/* Move the gradients that only the update reads to the end, whatever order they had. */
static void move_late_calls(cr_plan *p)
{
    int before = p->n_calls;
    while (before > 0 && p->call[before - 1].phase == PHASE_UPDATE)
        before--;
    for (int i = 0, left = before; left > 0; left--) {
        struct call c = p->call[i];
        const int whole = p->tape->value[c.out].cols == p->tape->value[c.in[0]].cols;
        c.late = p->tape->value[c.out].role == ROLE_PARAM_GRAD &&
                 (c.op == OP_LINEAR_DW || (c.op == OP_SUM_ROWS && whole));
        p->call[i].late = c.late;
        if (!c.late) {
            i++;
            continue;
        }
        memmove(&p->call[i], &p->call[i + 1], (size_t)(before - 1 - i) * sizeof c);
        p->call[before - 1] = c;
    }
}

static void make_stages(cr_plan *p)
{
    if (p->purpose == CR_FOR_TRAINING && p->norm < 0 && !p->whole)
        move_late_calls(p);
    for (int i = 0, first = 0; i < p->n_calls; i++) {
        struct call *c = &p->call[i];
        if (i > 0 && !joins(p, &p->call[first], c))
            first = i;
        c->stage = first;
        c->split = i == first ? split_of(p, c) : p->call[first].split;
    }
}

/* Maps of parameters alone, and of such maps. */
static void find_once(cr_plan *p)
{
    const struct value *v = p->tape->value;
    for (int i = 0; i < p->n_calls; i++) {
        struct call *c = &p->call[i];
        c->once = c->op == OP_MAP && c->phase != PHASE_UPDATE && v[c->out].extent == PER_NET;
        for (int k = 0; k < c->n_in && c->once; k++) {
            int made = 0;
            for (int m = 0; m < i; m++)
                made |= p->call[m].once && p->call[m].out == c->in[k];
            c->once = made || v[c->in[k]].role == ROLE_PARAM;
        }
    }
}

static cr_status make_calls(cr_plan *p, cr_error *err)
{
    const struct tape *t = p->tape;
    p->call = arena_new(&p->arena, struct call, (size_t)t->n_steps);
    if (!p->call)
        return cr_fail_memory(err);
    for (int i = 0; i < t->n_steps; i++) {
        const struct step *s = &t->step[i];
        struct call *c = &p->call[p->n_calls++];
        *c = (struct call){.op = s->op,
                           .phase = s->phase,
                           .step = i,
                           .out = s->out,
                           .out2 = s->out2,
                           .n_in = s->n_in,
                           .in = s->in,
                           .formula = s->formula,
                           .factor = s->factor,
                           .begin = s->begin,
                           .mean = s->mean};
        p->one_slice |= s->op == OP_COL_SUM;
        if (!s->formula)
            continue;
        if (s->phase == PHASE_UPDATE)
            c->n_in = count_arguments(s->formula);
        c->program = compile(&p->arena, s->formula, c->n_in, err);
        if (!c->program)
            return err ? err->code : CR_ERR_LIMIT;
    }
    if (p->purpose != CR_FOR_EXPLAINING)
        group(p);
    find_once(p);
    if (p->tiled)
        make_stages(p);
    return CR_OK;
}

/* Placing. */

static size_t aligned(size_t n)
{
    return n + (ALIGN - n % ALIGN) % ALIGN;
}

struct lifetime {
    int first, last; /* calls; first < 0: never made */
};

/* Members of a team are at different calls of a stage at a time, and late calls run when the
 * parameters are updated. */
static void widen_lifetimes(const cr_plan *p, struct lifetime *life)
{
    for (int i = 0; i < p->n_calls; i++)
        for (int k = 0; p->call[i].late && k < p->call[i].n_in; k++)
            life[p->call[i].in[k]].last = p->n_calls;
    for (int v = 0; v < p->tape->n_values; v++) {
        struct lifetime *l = &life[v];
        if (l->first < 0 || l->last >= p->n_calls)
            continue;
        const int stage = p->call[l->last].stage;
        l->first = p->call[l->first].stage;
        while (l->last + 1 < p->n_calls && p->call[l->last + 1].stage == stage)
            l->last++;
    }
}

static void find_lifetimes(const cr_plan *p, struct lifetime *life)
{
    for (int v = 0; v < p->tape->n_values; v++)
        life[v] = (struct lifetime){-1, -1};
    for (int i = 0; i < p->n_calls; i++) {
        const struct call *c = &p->call[i];
        life[c->out] = (struct lifetime){i, i};
        if (c->out2 >= 0)
            life[c->out2] = (struct lifetime){i, i};
        for (int k = 0; k < c->n_in; k++)
            life[c->in[k]].last = i;
    }
    if (p->purpose == CR_FOR_EXPLAINING)
        for (int v = 0; v < p->tape->n_values; v++)
            life[v].last = p->n_calls;
    if (p->tiled)
        widen_lifetimes(p, life);
    life[p->tape->output].last = p->n_calls;
}

/* The lowest offset at which a value of n numbers meets no value that lives at the same
 * time: each try moves past one that it meets. */
static size_t first_fit(const cr_plan *p, const struct lifetime *life, const size_t *size,
                        int value)
{
    size_t offset = 0;
    for (int v = 0; v < value;) {
        const size_t begin = p->slot[v].offset;
        const int meets = p->slot[v].kind == IN_SLICE && life[v].first <= life[value].last &&
                          life[value].first <= life[v].last && begin < offset + size[value] &&
                          offset < begin + size[v];
        if (meets) {
            offset = begin + size[v];
            v = 0;
        } else {
            v++;
        }
    }
    return offset;
}

static cr_status place_rows(cr_plan *p, const struct lifetime *life, cr_error *err)
{
    const struct tape *t = p->tape;
    const size_t rows = slice_rows(p, p->rows);
    size_t *size = calloc((size_t)t->n_values + 1, sizeof *size), scratch = 0;
    if (!size)
        return cr_fail_memory(err);
    int fits = 1;
    for (int v = 0; fits && v < t->n_values; v++) {
        if (t->value[v].extent != PER_ROW)
            continue;
        fits = cr_mul_size(rows, t->value[v].cols, &size[v]) && size[v] < SIZE_MAX / 1024;
        if (!fits)
            break;
        size[v] = aligned(size[v]);
        if (size[v] > scratch)
            scratch = size[v];
        if (t->value[v].maker < 0 || life[v].first < 0)
            continue;
        p->slot[v].offset = first_fit(p, life, size, v);
        p->slot[v].kind = IN_SLICE;
        const size_t end = p->slot[v].offset + size[v];
        if (end > p->slice)
            p->slice = end;
    }
    free(size);
    p->scratch = p->slice;
    for (int i = 0; i < p->n_calls; i++) {
        const struct call *c = &p->call[i];
        const int adds = c->op == OP_LOSS || c->op == OP_ROW_SUM || c->op == OP_COL_SUM;
        const size_t cols = c->n_in ? t->value[c->in[0]].cols : 0;
        if (adds && cols > p->scratch_cols)
            p->scratch_cols = cols;
    }
    p->slice += t->loss >= 0 || p->scratch_cols ? scratch : 0;
    return fits ? CR_OK
                : cr_fail(err, CR_ERR_LIMIT, "%zu rows are too many for this network", p->rows);
}

static int is_made(const cr_plan *p, int value)
{
    for (int i = 0; i < p->n_calls; i++)
        if (p->call[i].out == value)
            return 1;
    return 0;
}

static void place_others(cr_plan *p)
{
    const struct tape *t = p->tape;
    for (int v = 0; v < t->n_values; v++) {
        const struct value *value = &t->value[v];
        struct slot *slot = &p->slot[v];
        const size_t n = aligned(value->rows * value->cols);
        switch (value->role) {
        case ROLE_INPUT: slot->kind = IN_INPUT; break;
        case ROLE_TARGET: slot->kind = IN_TARGETS; break;
        case ROLE_WEIGHT: slot->kind = IN_WEIGHTS; break;
        case ROLE_PARAM:
            *slot = (struct slot){IN_PARAMS, t->net->param[value->param].offset};
            break;
        case ROLE_PARAM_GRAD:
        case ROLE_LOSS:
            *slot = (struct slot){IN_SUMS, p->sums};
            p->sums += n;
            break;
        case ROLE_STATE:
        case ROLE_NEW_STATE:
            if (value->role == ROLE_STATE || p->purpose == CR_FOR_TRAINING) {
                const size_t offset = t->net->param[value->param].offset;
                *slot = (struct slot){IN_STATE, (size_t)value->which * t->net->block + offset};
                break;
            }
            *slot = (struct slot){IN_SHARED, p->shared};
            p->shared += n;
            break;
        case ROLE_NORM:
            *slot = (struct slot){IN_SHARED, p->shared};
            p->shared += aligned(1 + t->net->block / CHUNK + t->net->n_params);
            break;
        case ROLE_MOVE:
            if (!is_made(p, v))
                break;
            *slot = (struct slot){IN_SHARED, p->shared};
            p->shared += n;
            break;
        case ROLE_NEW:
            if (p->purpose == CR_FOR_TRAINING) {
                *slot = (struct slot){IN_PARAMS, t->net->param[value->param].offset};
                break;
            }
            /* fall through */
        case ROLE_CLIP:
        case ROLE_WEIGHT_SUM:
        case ROLE_ROWS:
        case ROLE_RATE:
        case ROLE_TIME:
        case ROLE_HYPER:
        case ROLE_FACTOR:
            *slot = (struct slot){IN_SHARED, p->shared};
            p->shared += n;
            break;
        default:
            if (value->extent != PER_NET || !is_made(p, v))
                break;
            *slot = (struct slot){IN_SHARED, p->shared};
            p->shared += n;
        }
    }
    if (p->whole) {
        p->whole_at = p->shared;
        p->whole_size = aligned(t->net->block);
        p->shared += 2 * p->whole_size;
    }
}

/* Bytes of scratch memory that the calls' kernels take. */
static size_t kernel_scratch(const cr_plan *p)
{
    const size_t rows = slice_rows(p, p->rows);
    const size_t size = p->f32 ? sizeof(float) : sizeof(double);
    size_t most = 0;
    if (p->tiled || p->precision == CR_PRECISION_BF16)
        return CR_TEAM_SCRATCH;
    for (int i = 0; i < p->n_calls; i++) {
        const struct call *c = &p->call[i];
        if (c->op != OP_LINEAR && c->op != OP_LINEAR_DX && c->op != OP_LINEAR_DW)
            continue;
        const struct value *v = p->tape->value;
        const size_t in = v[c->in[0]].cols, out = v[c->op == OP_LINEAR_DW ? c->in[1] : c->out].cols;
        const size_t bytes = c->op == OP_LINEAR_DW ? cr_kernel_scratch(in, out, rows, size)
                                                   : cr_kernel_scratch(rows, out, in, size);
        most = bytes > most ? bytes : most;
    }
    return most;
}

static cr_status place(cr_plan *p, cr_error *err)
{
    const struct tape *t = p->tape;
    p->slot = arena_new(&p->arena, struct slot, (size_t)t->n_values);
    struct lifetime *life = arena_new(&p->arena, struct lifetime, (size_t)t->n_values);
    if (!p->slot || !life)
        return cr_fail_memory(err);
    place_others(p);
    p->rows_value = cr_tape_find(t, ROLE_ROWS, -1, -1);
    p->rate_value = cr_tape_find(t, ROLE_RATE, -1, -1);
    p->weight_sum = cr_tape_find(t, ROLE_WEIGHT_SUM, -1, -1);
    for (int i = 0; i < t->n_steps; i++)
        p->draws |= t->step[i].op == OP_MASK || t->step[i].op == OP_NOISE;
    find_lifetimes(p, life);
    cr_status status = place_rows(p, life, err);
    if (status)
        return status;

    p->most_slices = slices_of(p);
    const size_t size = p->f32 ? sizeof(float) : sizeof(double);
    size_t sums, parts, total;
    if (!cr_mul_size(p->sums, p->most_slices, &sums) ||
        !cr_mul_size(p->slice, p->most_slices, &parts) || !cr_add_size(sums, p->shared, &total) ||
        !cr_add_size(total, parts, &p->pack) ||
        !cr_add_size(p->pack, kernel_scratch(p) / size, &total) ||
        !cr_mul_size(total, size, &p->work_size))
        return cr_fail(err, CR_ERR_LIMIT, "%zu rows are too many for this network", p->rows);
    if (p->work_size == 0)
        p->work_size = ALIGN;
    return CR_OK;
}

/* The kernels for a net's type and a precision. */
static cr_status choose_kernels(cr_plan *p, cr_precision precision, cr_error *err)
{
    const int bf16 = precision == CR_PRECISION_BF16;
    if (precision < CR_PRECISION_DEFAULT || precision > CR_PRECISION_BF16)
        return cr_fail(err, CR_ERR_ARGUMENT, "%d is no precision", (int)precision);
    if (bf16 && p->whole)
        return cr_fail(err, CR_ERR_ARGUMENT,
                       "%s compares losses and gradients, for which bf16 is too coarse",
                       cr_optimiser_row((int)p->net->spec->optimiser.method)->name);
    if (bf16 && p->net->type != CR_F32)
        return cr_fail(err, CR_ERR_ARGUMENT, "bf16 needs a float32 network");
    p->precision = bf16 ? CR_PRECISION_BF16 : CR_PRECISION_FLOAT32;
    if (bf16)
        p->f32 = cr_kernels_bf16(cr_isa_best_bf16());
    else if (p->net->type == CR_F32)
        p->f32 = cr_kernels_f32(cr_isa_best());
    else
        p->f64 = cr_kernels_f64(cr_isa_best());
    return CR_OK;
}

cr_status cr_plan_make(const struct tape *tape, cr_net *net, cr_purpose purpose,
                       cr_precision precision, size_t rows, cr_plan **out, cr_error *err)
{
    if (rows == 0 || rows > (size_t)1 << 40)
        return cr_fail(err, CR_ERR_ARGUMENT, "a plan needs between 1 and 2^40 rows, not %zu", rows);
    cr_plan *p = calloc(1, sizeof *p);
    if (!p)
        return cr_fail_memory(err);
    p->tape = tape;
    p->net = net;
    p->norm = cr_tape_find(tape, ROLE_NORM, -1, -1);
    p->purpose = purpose;
    if (purpose == CR_FOR_TRAINING)
        p->whole = cr_optimiser_row((int)net->spec->optimiser.method)->whole;
    p->rows = rows;
    p->tiled = net->block >= TILED && purpose != CR_FOR_EXPLAINING;
    cr_error own = {0};
    cr_status status = choose_kernels(p, precision, err);
    if (!status)
        status = make_calls(p, err ? err : &own);
    if (!status)
        status = place(p, err);
    if (!status)
        status = cr_plan_updates(p, err);
    for (int i = 0; !status && i < p->n_updates; i++)
        for (int k = 0; k < p->n_calls; k++)
            if (p->call[k].out == p->update[i].gradient)
                p->update[i].late = p->call[k].late;
    if (!status)
        status = cr_narrow_make(p, err);
    if (status) {
        cr_plan_free(p);
        return status;
    }
    if (cr_narrow_work_size(p) > p->work_size)
        p->work_size = cr_narrow_work_size(p);
    *out = p;
    return CR_OK;
}

void cr_plan_free(cr_plan *plan)
{
    if (!plan)
        return;
    cr_aligned_free(plan->frozen);
    cr_tape_free(plan->owned);
    cr_arena_free(&plan->arena);
    free(plan);
}

/* Where the numbers of a weight matrix begin, and how far its rows are apart once turned. */
static const struct param *weights_of(const cr_plan *p, const struct call *c, size_t *ld)
{
    const struct param *w = &p->net->param[p->tape->value[c->in[1]].param];
    *ld = aligned(w->rows);
    return w;
}

cr_status cr_plan_freeze(cr_plan *plan, cr_error *err)
{
    if (plan->purpose != CR_FOR_PREDICTING)
        return cr_fail(err, CR_ERR_ARGUMENT, "only a plan for predicting can be frozen");
    const size_t size = plan->f32 ? sizeof(float) : sizeof(double), block = plan->net->block;
    size_t all = aligned(block), ld;
    for (int i = 0; i < plan->n_calls; i++) {
        struct call *c = &plan->call[i];
        if (c->op != OP_LINEAR)
            continue;
        const struct param *w = weights_of(plan, c, &ld);
        c->turned = all;
        all += ld * w->cols; /* less than 16 times the block */
    }
    if (!plan->frozen)
        plan->frozen = cr_aligned_alloc(all, size);
    if (!plan->frozen)
        return cr_fail_memory(err);
    memcpy(plan->frozen, plan->net->values, block * size);
    for (int i = 0; i < plan->n_calls; i++) {
        const struct call *c = &plan->call[i];
        if (c->op != OP_LINEAR)
            continue;
        const struct param *w = weights_of(plan, c, &ld);
        if (plan->f32)
            plan->f32->turn((float *)plan->frozen + c->turned, ld,
                            (float *)plan->frozen + w->offset, w->cols, w->rows, w->cols);
        else
            plan->f64->turn((double *)plan->frozen + c->turned, ld,
                            (double *)plan->frozen + w->offset, w->cols, w->rows, w->cols);
    }
    return CR_OK;
}

size_t cr_plan_work_size(const cr_plan *plan)
{
    return plan->work_size;
}
