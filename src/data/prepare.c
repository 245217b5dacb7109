#include "data/prepare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/number.h"
#include "data/spill.h"

static const char *const scaling_names[N_SCALINGS] = {"robust", "standard", "min-max", "none"};

const char *cr_scaling_name(cr_scaling scaling)
{
    return (unsigned)scaling < N_SCALINGS ? scaling_names[scaling] : NULL;
}

void cr_prepare_free(struct prepare *p)
{
    if (!p)
        return;
    cr_arena_free(&p->arena);
    *p = (struct prepare){0};
}

/* The list of inputs */

/* What comes behind the column's name in an input's name. */
static const char *const part_suffix[PART_COUNT] = {
    [PART_VALUE] = "",         [PART_MISSING] = " is missing", [PART_BINARY] = "",
    [PART_LEVEL] = "=",        [PART_POOL] = "=(others)",      [PART_DAYS] = " (days)",
    [PART_MONTH] = " (month)", [PART_DAY] = " (day)",          [PART_WEEKDAY] = " (weekday)",
    [PART_HOUR] = " (hour)",
};

/* The parts of a column, at most PREPARE_LEVELS + 6 of them. */
static size_t list_parts(const struct prepare_column *c, enum part *part)
{
    size_t n = 0;
    if (c->type == CR_COLUMN_CATEGORY && c->n_levels == 2) {
        part[n++] = PART_BINARY;
    } else if (c->type == CR_COLUMN_CATEGORY) {
        while (n < c->n_own)
            part[n++] = PART_LEVEL;
        if (c->n_levels > c->n_own)
            part[n++] = PART_POOL;
    } else if (c->type == CR_COLUMN_TIME) {
        part[n++] = PART_DAYS;
        part[n++] = PART_MONTH;
        part[n++] = PART_DAY;
        part[n++] = PART_WEEKDAY;
        if (c->clock)
            part[n++] = PART_HOUR;
    } else {
        part[n++] = c->type == CR_COLUMN_BOOLEAN ? PART_BINARY : PART_VALUE;
    }
    if (c->missing)
        part[n++] = PART_MISSING;
    return n;
}

static cr_status name_inputs(struct prepare *p, size_t c, cr_error *err)
{
    enum part part[PREPARE_LEVELS + 6];
    const struct prepare_column *column = &p->column[c];
    const size_t n = list_parts(column, part);
    for (size_t k = 0; k < n; k++) {
        struct prepare_input *in = &p->input[column->first + k];
        in->column = c;
        in->part = part[k];
        in->scale = 1;
        if (part[k] == PART_BINARY && column->type == CR_COLUMN_CATEGORY)
            in->name = cr_arena_printf(&p->arena, "%s=%s", column->name, column->level[0]);
        else
            in->name = cr_arena_printf(&p->arena, "%s%s%s", column->name, part_suffix[part[k]],
                                       part[k] == PART_LEVEL ? column->level[k] : "");
        if (!in->name)
            return cr_fail_memory(err);
    }
    return CR_OK;
}

cr_status cr_prepare_layout(struct prepare *p, cr_error *err)
{
    enum part part[PREPARE_LEVELS + 6];
    p->n_inputs = 0;
    for (size_t c = 0; c < p->n_columns; c++) {
        p->column[c].first = p->n_inputs;
        p->column[c].n = list_parts(&p->column[c], part);
        p->n_inputs += p->column[c].n;
    }
    p->input = arena_new(&p->arena, struct prepare_input, p->n_inputs);
    p->column_name = arena_new(&p->arena, const char *, p->n_columns);
    p->column_type = arena_new(&p->arena, cr_column_type, p->n_columns);
    if (!p->input || !p->column_name || !p->column_type)
        return cr_fail_memory(err);
    for (size_t c = 0; c < p->n_columns; c++) {
        p->column_name[c] = p->column[c].name;
        p->column_type[c] = p->column[c].type;
        const cr_status status = name_inputs(p, c, err);
        if (status != CR_OK)
            return status;
    }
    return CR_OK;
}

static void describe_scale(const struct prepare *p, const struct prepare_input *in,
                           struct text *out)
{
    char center[32], scale[32];
    if (in->scale == 0)
        cr_text_add(out, ", constant: 0");
    else if (p->scaling != CR_SCALING_NONE)
        cr_text_printf(out, ", center %s, scale %s%s", cr_shortest_f32((float)in->center, center),
                       cr_shortest_f32((float)in->scale, scale),
                       p->scaling == CR_SCALING_ROBUST ? ", clipped to 3" : "");
}

void cr_prepare_describe(const struct prepare *p, size_t i, struct text *out)
{
    const struct prepare_column *c = &p->column[i];
    char fill[40];
    cr_text_add(out, cr_column_type_name(c->type));
    if (c->type == CR_COLUMN_CATEGORY) {
        cr_text_printf(out, " of %zu level%s", c->n_levels, c->n_levels == 1 ? "" : "s");
        if (c->n_levels == 2)
            cr_text_printf(out, ": 1 for %s, -1 for %s", c->level[0], c->level[1]);
        else if (c->n_levels > c->n_own)
            cr_text_printf(out, ", an input for each of the %zu most frequent, one for the rest",
                           c->n_own);
        else
            cr_text_add(out, ", an input for each");
    } else if (c->type == CR_COLUMN_TIME) {
        cr_text_printf(out, ": days, month, day, weekday%s", c->clock ? ", hour" : "");
    } else {
        describe_scale(p, &p->input[c->first], out);
    }
    if (c->missing)
        cr_text_printf(out, "; missing: %s and an input of its own",
                       c->type == CR_COLUMN_TIME ? cr_time_text(c->fill, fill)
                                                 : cr_shortest_f64(c->fill, fill));
}

/* Tables */

void cr_prepare_unbind(struct prepare_table *b)
{
    cr_arena_free(&b->arena);
    *b = (struct prepare_table){0};
}

/* The level of that text in level[from..to), or -1. */
static int32_t find_level(const struct prepare_column *c, size_t from, size_t to, const char *text)
{
    while (from < to) {
        const size_t mid = from + (to - from) / 2;
        const int order = strcmp(c->level[mid], text);
        if (order == 0)
            return (int32_t)mid;
        if (order < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return -1;
}

/* As cr_table_find, but looks where it nearly always is first: a table may have very many columns. */
static size_t find_near(const cr_table *t, const char *name, size_t near)
{
    for (size_t i = near; i < t->cols && i < near + 4; i++)
        if (!strcmp(t->column[i].name, name))
            return i;
    return cr_table_find(t, name);
}

/* *near: behind where the column before was found. */
static cr_status bind_column(struct prepare_table *b, const cr_table *t, size_t i, size_t *near,
                             cr_error *err)
{
    const struct prepare_column *want = &b->prepare->column[i];
    const struct source src = {.name = t->source};
    const size_t at = find_near(t, want->name, *near);
    if (at == t->cols)
        return cr_fail_at(err, CR_ERR_UNKNOWN, &src, (struct place){0}, "there is no column '%s'",
                          want->name);
    *near = at + 1;
    const struct column *c = &t->column[at];
    const int category = want->type == CR_COLUMN_CATEGORY;
    b->column[i] = c;
    if ((category && !c->code) || (!category && !c->value) ||
        (want->type == CR_COLUMN_TIME) != (c->type == CR_COLUMN_TIME))
        return cr_fail_at(err, CR_ERR_VALUE, &src, (struct place){0},
                          "column '%s' is of type %s, but %s is needed", want->name,
                          cr_column_type_name(c->type), cr_column_type_name(want->type));
    if (!category)
        return CR_OK;
    b->level[i] = arena_new(&b->arena, int32_t, c->levels.n);
    if (!b->level[i])
        return cr_fail_memory(err);
    for (size_t k = 0; k < c->levels.n; k++) {
        const char *text = c->levels.text[k];
        int32_t level = find_level(want, 0, want->n_own, text);
        if (level < 0)
            level = find_level(want, want->n_own, want->n_levels, text);
        b->level[i][k] = level;
    }
    return CR_OK;
}

cr_status cr_prepare_bind(const struct prepare *p, const cr_table *t, struct prepare_table *out,
                          cr_error *err)
{
    struct prepare_table b = {.prepare = p, .rows = t->rows};
    b.column = arena_new(&b.arena, const struct column *, p->n_columns);
    b.level = arena_new(&b.arena, int32_t *, p->n_columns);
    cr_status status = b.column && b.level ? CR_OK : cr_fail_memory(err);
    size_t near = 0;
    for (size_t i = 0; status == CR_OK && i < p->n_columns; i++)
        status = bind_column(&b, t, i, &near, err);
    if (status != CR_OK) {
        cr_prepare_unbind(&b);
        return status;
    }
    *out = b;
    return CR_OK;
}

/* Rows */

static double time_part(enum part part, double seconds)
{
    if (part == PART_DAYS)
        return seconds / 86400;
    const struct time_parts t = cr_time_parts(seconds);
    switch (part) {
    case PART_MONTH: return t.month;
    case PART_DAY: return t.day;
    case PART_WEEKDAY: return t.weekday;
    default: return t.hour;
    }
}

/* An input before it is centred and scaled. */
static double raw_input(const struct prepare_table *b, const struct prepare_input *in, size_t k,
                        size_t row)
{
    const struct prepare_column *column = &b->prepare->column[in->column];
    const struct column *c = b->column[in->column];
    if (column->type == CR_COLUMN_CATEGORY) {
        const uint32_t code = c->code[row];
        const int32_t level = code == CR_MISSING ? -1 : b->level[in->column][code];
        switch (in->part) {
        case PART_BINARY: return level < 0 ? 0 : level == 0 ? 1 : -1;
        case PART_LEVEL: return level == (int32_t)(k - column->first);
        default: return level >= (int32_t)column->n_own;
        }
    }
    const double v = c->value[row];
    if (in->part == PART_MISSING)
        return isnan(v);
    if (in->part == PART_BINARY)
        return isnan(v) ? 0 : 2 * v - 1;
    const double filled = isnan(v) ? column->fill : v;
    return in->part == PART_VALUE ? filled : time_part(in->part, filled);
}

/* x / sqrt(1 + (x / 3)^2), between -3 and 3. */
static double smooth_clip(double x)
{
    if (!(fabs(x) < 1e100)) /* whose square may overflow */
        return isnan(x) ? x : x < 0 ? -3 : 3;
    return x / sqrt(1 + (x / 3) * (x / 3));
}

double cr_prepare_raw(const struct prepare_table *b, size_t input, size_t row)
{
    return raw_input(b, &b->prepare->input[input], input, row);
}

static double scaled_input(const struct prepare_input *in, double raw)
{
    return in->scale != 0 ? (raw - in->center) * in->scale : 0;
}

static float network_input(const struct prepare *p, double scaled)
{
    return (float)(p->scaling == CR_SCALING_ROBUST ? smooth_clip(scaled) : scaled);
}

/* What an input is before it is scaled, in words; NULL when out of memory. */
static const char *meaning(const struct prepare *p, size_t k, struct arena *a)
{
    static const char *const words[PART_COUNT] = {
        [PART_VALUE] = "the number",
        [PART_MISSING] = "1 where there is no value, else 0",
        [PART_BINARY] = "1 for true, -1 for false, 0 where there is no value",
        [PART_POOL] = "1 for any other text of the training rows, else 0",
        [PART_DAYS] = "days since 1970-01-01",
        [PART_MONTH] = "the month",
        [PART_DAY] = "the day of the month",
        [PART_WEEKDAY] = "the weekday, 1 for Monday",
        [PART_HOUR] = "the hour",
    };
    const struct prepare_input *in = &p->input[k];
    const struct prepare_column *c = &p->column[in->column];
    if (in->part == PART_LEVEL)
        return cr_arena_printf(a, "1 for '%s', else 0", c->level[k - c->first]);
    if (in->part == PART_BINARY && c->type == CR_COLUMN_CATEGORY)
        return cr_arena_printf(a, "1 for '%s', -1 for '%s', else 0", c->level[0], c->level[1]);
    return words[in->part];
}

cr_status cr_prepare_one(const struct prepare_table *b, struct arena *a, size_t input, size_t row,
                         cr_prepared *out, cr_error *err)
{
    const struct prepare *p = b->prepare;
    const struct prepare_input *in = &p->input[input];
    const struct column *c = b->column[in->column];
    const double raw = raw_input(b, in, input, row), scaled = scaled_input(in, raw);
    const int numeric = in->part == PART_VALUE || in->part >= PART_DAYS;
    *out = (cr_prepared){.input = in->name,
                         .column = p->column[in->column].name,
                         .meaning = meaning(p, input, a),
                         .filled = numeric && isnan(c->value[row]),
                         .raw = raw,
                         .center = in->center,
                         .scale = in->scale,
                         .scaled = scaled,
                         .value = network_input(p, scaled)};
    return out->meaning ? CR_OK : cr_fail_memory(err);
}

enum { BLOCK_ROWS = 256 };

struct job {
    const struct prepare_table *b;
    const size_t *rows;
    size_t first, n;
    float *out;
};

static void prepare_block(void *ctx, size_t item, int member)
{
    const struct job *job = ctx;
    const struct prepare *p = job->b->prepare;
    const size_t from = item * BLOCK_ROWS;
    const size_t to = from + BLOCK_ROWS < job->n ? from + BLOCK_ROWS : job->n;
    (void)member;
    for (size_t k = 0; k < p->n_inputs; k++) {
        const struct prepare_input *in = &p->input[k];
        for (size_t r = from; r < to; r++) {
            const size_t row = job->rows ? job->rows[r] : job->first + r;
            const double raw = raw_input(job->b, in, k, row);
            job->out[r * p->n_inputs + k] = network_input(p, scaled_input(in, raw));
        }
    }
}

/* Columns in a mapped file are read in pieces of many rows, of which the next one is asked for before
 * it is needed: reading all columns side by side would go back and forth in the file, and
 * what the system reads around each place would push out what it read around the others. */
enum { PIECE_BYTES = 16 << 20, PIECE_ROWS = 256 * BLOCK_ROWS };

static int lies_in_file(const struct column *c)
{
    return c->mapped || c->spill.p;
}

static const char *cell_at(const struct column *c, size_t row, size_t *size)
{
    *size = c->value ? sizeof *c->value : sizeof *c->code;
    return c->value ? (const char *)(c->value + row) : (const char *)(c->code + row);
}

static size_t row_at(const struct job *job, size_t i)
{
    return job->rows ? job->rows[i] : job->first + i;
}

/* Ask for rows [from, to) of the job, which ascend. */
static void ask(const struct job *job, size_t from, size_t to)
{
    const struct prepare_table *b = job->b;
    if (from >= to || row_at(job, from) > row_at(job, to - 1))
        return;
    for (size_t i = 0; i < b->prepare->n_columns; i++) {
        size_t size;
        const char *p = cell_at(b->column[i], row_at(job, from), &size);
        if (lies_in_file(b->column[i]))
            cr_mapped_ask(p, (row_at(job, to - 1) - row_at(job, from) + 1) * size);
    }
}

/* 1: some column lies in a file. */
static int scatter(const struct prepare_table *b, size_t rows, int scattered)
{
    int any = 0;
    for (size_t i = 0; i < b->prepare->n_columns; i++)
        if (lies_in_file(b->column[i])) {
            size_t size;
            const char *p = cell_at(b->column[i], 0, &size);
            cr_mapped_scattered(p, rows * size, scattered);
            any = 1;
        }
    return any;
}

static void prepare_pieces(struct job *job, struct team *team, size_t table_rows)
{
    const struct job all = *job;
    const int asks = scatter(all.b, table_rows, 1);
    size_t most = PIECE_BYTES / sizeof(double) / (all.b->prepare->n_columns + 1);
    most = !asks ? all.n : most > PIECE_ROWS ? PIECE_ROWS : most - most % BLOCK_ROWS;
    most = most > BLOCK_ROWS ? most : BLOCK_ROWS;
    for (size_t at = 0, next; at < all.n; at = next) {
        next = all.n - at > most ? at + most : all.n;
        if (asks)
            ask(&all, next, all.n - next > most ? next + most : all.n);
        job->rows = all.rows ? all.rows + at : NULL;
        job->first = all.first + at;
        job->n = next - at;
        job->out = all.out + at * all.b->prepare->n_inputs;
        cr_team_run(team, (job->n + BLOCK_ROWS - 1) / BLOCK_ROWS, prepare_block, job);
    }
    if (asks)
        scatter(all.b, table_rows, 0);
}

size_t cr_prepare_rows(const struct prepare_table *b, struct team *team, const size_t *rows,
                       size_t first, size_t n, float *out, size_t *input)
{
    const size_t n_inputs = b->prepare->n_inputs;
    struct job job = {b, rows, first, n, out};
    prepare_pieces(&job, team, b->rows);
    for (size_t i = 0; b->prepare->scaling != CR_SCALING_ROBUST && i < n * n_inputs; i++)
        if (!isfinite(out[i])) {
            *input = i % n_inputs;
            return i / n_inputs;
        }
    return n;
}

/* Targets and answers */

void cr_prepare_target(const struct prepare *p, double value, size_t class, float *out)
{
    switch (p->code) {
    case CODE_NUMBER:
    case CODE_LOG_NUMBER: /* the loss takes the logarithm of the output's meaning */
        out[0] = p->target_sd > 0 ? (float)((value - p->target_mean) / p->target_sd) : 0.0f;
        break;
    case CODE_ONE_HOT:
        for (size_t i = 0; i < p->n_outputs; i++)
            out[i] = i == class ? 1.0f : (float)p->off;
        break;
    case CODE_ONE_COLUMN: out[0] = class == 1 ? 1.0f : (float)p->off; break;
    case CODE_COUNT: break;
    }
}

double cr_prepare_number(const struct prepare *p, const float *outputs)
{
    if (p->code == CODE_LOG_NUMBER)
        return exp((double)outputs[0]);
    return (double)outputs[0] * p->target_sd + p->target_mean;
}

size_t cr_prepare_class(const struct prepare *p, const float *outputs, double *probability)
{
    size_t best = 0;
    if (p->code == CODE_ONE_COLUMN) {
        double y = ((double)outputs[0] - p->off) / (1 - p->off); /* 0: first, 1: second */
        if (probability) {
            double second = y < 0 ? 0 : y > 1 ? 1 : y;
            probability[0] = 1 - second;
            probability[1] = second;
        }
        return y > 0.5;
    }
    for (size_t i = 0; i < p->n_outputs; i++) {
        if (outputs[i] > outputs[best])
            best = i;
        if (probability)
            probability[i] = (double)outputs[i];
    }
    return best;
}
