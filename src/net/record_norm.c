/* Recording normalisation: over each row (Ba, Kiros & Hinton 2016), or over each column of a batch (Ioffe
 * & Szegedy 2015),
 *   m = mean of x,  v = mean of (x - m)^2,  s = sqrt(v + epsilon),  h = (x - m)/s,  y = g h + b
 * and backward, with n columns or rows,
 *   dh = dy g,  ds = sum of -dh h/s,  dm = sum of -dh/s,  dx = dh/s + ds h/n + dm/n,
 * where x acts on m, on s (ds/dx = h/n) and on h. */
#include "net/record.h"

static int is_batch(const struct recorder *r, int layer)
{
    return r->spec->layer[layer].kind == LAYER_BATCH_NORM;
}

/* What has one value for each row of `of`, or for each column. */
static int statistic(struct recorder *r, enum role role, int of, int layer)
{
    if (!is_batch(r, layer))
        return cr_record_rows(r, role, 1, of, layer);
    return cr_record_value(r, role, PER_NET, 1, r->tape->value[of].cols, of, layer);
}

/* It as a sum or mean of a formula. */
static void add_up(struct recorder *r, enum phase phase, int out, const char *formula, int mean,
                   const struct named *names, int n)
{
    const enum op op = is_batch(r, r->tape->value[out].layer) ? OP_COL_SUM : OP_ROW_SUM;
    cr_record_formula(r, op, phase, out, formula, NULL, names, n)->mean = mean;
}

int cr_record_norm(struct recorder *r, int layer, int x)
{
    const size_t cols = r->tape->value[x].cols;
    const int uses = r->uses[x];
    const int m = statistic(r, ROLE_MEAN, x, layer), v = statistic(r, ROLE_VARIANCE, x, layer);
    const int s = statistic(r, ROLE_DEVIATION, x, layer);
    const int h = cr_record_rows(r, ROLE_NORMAL, cols, x, layer);
    const int y = cr_record_rows(r, ROLE_JOIN, cols, NONE, layer);
    const int g = cr_record_param(r, layer, PARAM_SCALE), b = cr_record_param(r, layer, PARAM_BIAS);
    const struct named names[] = {
        {"x", x, 0}, {"m", m, 0}, {"v", v, 0}, {"s", s, 0},
        {"h", h, 0}, {"g", g, 0}, {"b", b, 0}, {"e", NONE, r->spec->layer[layer].amount}};
    enum { ALL = sizeof names / sizeof *names };
    add_up(r, PHASE_FORWARD, m, "x", 1, names, ALL);
    add_up(r, PHASE_FORWARD, v, "(x - m)^2", 1, names, ALL);
    cr_record_formula(r, OP_MAP, PHASE_FORWARD, s, "sqrt(v + e)", NULL, names, ALL);
    cr_record_formula(r, OP_MAP, PHASE_FORWARD, h, "(x - m)/s", NULL, names, ALL);
    cr_record_formula(r, OP_MAP, PHASE_FORWARD, y, "g*h + b", NULL, names, ALL);
    r->uses[x] = uses + 1; /* one gradient comes back */
    return y;
}

void cr_record_norm_gradient(struct recorder *r, int layer, int x, int d)
{
    const struct tape *t = r->tape;
    const size_t cols = t->value[x].cols;
    const int h = cr_tape_find(t, ROLE_NORMAL, -1, layer);
    const int s = cr_tape_find(t, ROLE_DEVIATION, -1, layer);
    const int m = cr_tape_find(t, ROLE_MEAN, -1, layer);
    const int g = cr_record_param(r, layer, PARAM_SCALE), b = cr_record_param(r, layer, PARAM_BIAS);
    const int term = cr_record_rows(r, ROLE_SLOPE_TERM, cols, g, layer);
    cr_record_formula(r, OP_MAP, PHASE_BACKWARD, term, "d*h", NULL,
                      (const struct named[]){{"d", d, 0}, {"h", h, 0}}, 2);
    cr_record_param_gradient(r, OP_SUM_ROWS, g, &term, 1);
    cr_record_param_gradient(r, OP_SUM_ROWS, b, &d, 1);
    if (!cr_record_wanted(r, x))
        return;
    const int dh = cr_record_rows(r, ROLE_GRAD, cols, h, layer);
    const int ds = statistic(r, ROLE_GRAD, s, layer), dm = statistic(r, ROLE_GRAD, m, layer);
    const int dx = cr_record_contribution(r, x);
    const struct named n = {"n", is_batch(r, layer) ? r->rows : NONE, (double)cols};
    const struct named names[] = {{"d", d, 0}, {"g", g, 0},   {"h", h, 0},   {"s", s, 0},
                                  n,           {"dh", dh, 0}, {"ds", ds, 0}, {"dm", dm, 0}};
    enum { ALL = sizeof names / sizeof *names };
    cr_record_formula(r, OP_MAP, PHASE_BACKWARD, dh, "d*g", NULL, names, ALL);
    add_up(r, PHASE_BACKWARD, ds, "-(dh*h)/s", 0, names, ALL);
    add_up(r, PHASE_BACKWARD, dm, "-dh/s", 0, names, ALL);
    cr_record_formula(r, OP_MAP, PHASE_BACKWARD, dx, "dh/s + ds*h/n + dm/n", NULL, names, ALL);
    cr_record_contribute(r, x, dx);
}
