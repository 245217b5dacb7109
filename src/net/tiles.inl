/* Running a large network: slice after slice, stage after stage, each shared by the team.
 * Part of run.inl. Who makes which part of an output never changes its bits. */

#define STAGE NAME(stage)

/* Calls begin .. end - 1 on one slice. */
struct STAGE {
    const struct JOB *j;
    struct VIEW view;
    size_t rows; /* of the slice */
    int begin, end;
    size_t high, wide; /* rows and columns of a part */
    int update;        /* gradients are used at once, and not kept */
};

static size_t NAME(cols_of)(const struct STAGE *s, int call)
{
    return s->j->plan->tape->value[s->j->plan->call[call].out].cols;
}

/* Parts of an output per row, and how many. */
static size_t NAME(cut)(struct STAGE *s, size_t members)
{
    const size_t cols = NAME(cols_of)(s, s->begin);
    const size_t shares = s->j->plan->precision == CR_PRECISION_BF16 ? 1 : SHARES;
    size_t by_cols = 1, by_rows = 1;
    if (s->j->plan->call[s->begin].split == BY_COLS &&
        (cols > s->rows || s->rows < members * ROWS_EACH)) {
        by_cols = parts(cols, MOST_COLS);
        by_cols = by_cols < shares * members ? shares * members : by_cols;
    }
    s->wide = by_cols > 1 ? part_of(cols, by_cols, COL_UNIT) : cols;
    by_cols = parts(cols, s->wide);
    by_rows = parts(members, by_cols);
    s->high = part_of(s->rows, by_rows, by_cols > 1 ? ROW_UNIT : 8);
    return by_cols * parts(s->rows, s->high);
}

static void NAME(stage_item)(void *ctx, size_t item, int member)
{
    const struct STAGE *s = ctx;
    const struct call *call = s->j->plan->call;
    const size_t cols = NAME(cols_of)(s, s->begin), by_cols = parts(cols, s->wide);
    struct PART part = {.row = item / by_cols * s->high, .col = item % by_cols * s->wide};
    part.rows = least(s->high, s->rows - part.row);
    for (int i = s->begin; i < s->end; i++) {
        part.cols = by_cols > 1 ? least(s->wide, cols - part.col) : NAME(cols_of)(s, i);
        NAME(call)(s->j, &s->view, &call[i], &part, NAME(pack)(s->j, member));
    }
}

/* The gradient by weights, a block of it: [rows][cols] with ld numbers from row to row. */
static void NAME(gradient)(const struct STAGE *s, const struct call *c, const struct PART *block,
                           T *out, size_t ld, void *pack)
{
    const struct value *v = s->j->plan->tape->value;
    const T *delta = NAME(at)(&s->view, s->j->plan, c->in[0]);
    const T *x = NAME(at)(&s->view, s->j->plan, c->in[1]);
    s->j->k->linear_dw(out, ld, delta + block->row, v[c->in[0]].cols, x + block->col,
                       v[c->in[1]].cols, s->rows, block->rows, block->cols, pack);
}

/* A block of a gradient; and, where it is wanted at once, the update that takes it. */
static void NAME(gradient_block)(const struct STAGE *s, const struct call *c,
                                 const struct PART *block, void *pack)
{
    const size_t cols = s->j->plan->tape->value[c->out].cols,
                 begin = block->row * cols + block->col;
    const struct update *u = s->update ? update_of(s->j->plan, c) : NULL;
    T *g = NAME(at)(&s->view, s->j->plan, c->out) + begin;
    size_t ld = cols;
    if (s->update && block->rows * block->cols <= BLOCK_BYTES / sizeof(T)) {
        g = (T *)((char *)pack + BLOCK_AT);
        ld = block->cols;
    }
    NAME(gradient)(s, c, block, g, ld, pack);
    for (size_t r = 0, n = block->cols == cols ? block->rows : 1; s->update && r < block->rows;
         r += n)
        NAME(update_range)(s->j, u, begin + r * cols, n * block->cols, g + r * ld);
}

static void NAME(gradient_item)(void *ctx, size_t item, int member)
{
    const struct STAGE *s = ctx;
    const struct value *v = s->j->plan->tape->value;
    void *pack = NAME(pack)(s->j, member);
    int i = s->begin;
    size_t high = 0, wide = 0;
    for (;; i++) {
        const size_t n = blocks(&s->j->plan->call[i], v, sizeof(T), s->rows, s->high, &high, &wide);
        if (item < n)
            break;
        item -= n;
    }
    const struct call *c = &s->j->plan->call[i];
    const size_t rows = v[c->out].rows, cols = v[c->out].cols;
    if (c->op != OP_LINEAR_DW) {
        NAME(whole_call)(s->j, &s->view, c, s->rows, pack);
        if (s->update)
            NAME(update_range)
        (s->j, update_of(s->j->plan, c), 0, rows * cols, NAME(at)(&s->view, s->j->plan, c->out));
        return;
    }
    struct PART block = {.row = item / parts(cols, wide) * high,
                         .col = item % parts(cols, wide) * wide};
    block.rows = least(high, rows - block.row);
    block.cols = least(wide, cols - block.col);
    NAME(gradient_block)(s, c, &block, pack);
}

static void NAME(run_stage)(struct STAGE *s)
{
    struct team *team = s->j->plan->net->block < WORTH / s->rows ? NULL : s->j->run->team;
    const size_t members = (size_t)cr_team_size(team);
    size_t n = 0;
    if (s->j->plan->call[s->begin].split != BY_BLOCK) {
        n = NAME(cut)(s, members);
        cr_team_run(team, n, NAME(stage_item), s);
        return;
    }
    s->high = members;
    for (int i = s->begin; i < s->end; i++) {
        size_t high, wide;
        n += blocks(&s->j->plan->call[i], s->j->plan->tape->value, sizeof(T), s->rows, s->high,
                    &high, &wide);
    }
    cr_team_run(team, n, NAME(gradient_item), s);
}

static int NAME(takes)(const struct JOB *j, const struct call *c, int late, int update)
{
    return c->phase != PHASE_UPDATE && !c->once && c->late == late &&
           (update || NAME(wanted)(j, c));
}

/* The calls of the wanted phases, late ones or the others, for one slice. */
static void NAME(run_slice)(const struct JOB *j, size_t slice, int late, int update)
{
    const struct call *call = j->plan->call;
    struct STAGE s = {.j = j, .rows = NAME(rows_of)(j, slice), .update = update};
    s.view = NAME(view_of)(j->plan, j->run, j->slicing.rows, slice);
    for (int i = 0; i < j->plan->n_calls; i = s.end) {
        const int wanted = NAME(takes)(j, &call[i], late, update);
        s.begin = i;
        for (s.end = i + 1; s.end < j->plan->n_calls; s.end++)
            if (call[s.end].stage != call[i].stage ||
                NAME(takes)(j, &call[s.end], late, update) != wanted)
                break;
        if (wanted)
            NAME(run_stage)(&s);
    }
}

#undef STAGE
