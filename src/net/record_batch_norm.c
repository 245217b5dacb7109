/* Recording batch normalisation (Ioffe & Szegedy 2015): for each column, over the n rows of a batch
 *   m = mean of x,  v = mean of (x - m)^2,  s = sqrt(v + epsilon),  h = (x - m)/s,  y = g h + b
 * and backward as layer normalisation (record_norm.c), whose sums go over rows here:
 *   dh = dy g,  ds = sum of -dh h/s,  dm = sum of -dh/s,  dx = dh/s + ds h/n + dm/n.
 * An update moves the running mean M and variance V by a share a towards m and v n/(n - 1).
 * Predicting, s = sqrt(V + epsilon), and y = k x + c with the gain k = g/s and c = b - k M, which
 * are made once for all rows: one multiply-add for each value. */
#include "net/record.h"

static int per_net(struct recorder *r, enum role role, int of, int layer)
{
    return cr_record_value(r, role, PER_NET, 1, r->tape->value[of].cols, of, layer);
}

/* A sum or mean of the rows. */
static int down(struct recorder *r, enum phase phase, int out, const char *formula, int mean,
                const struct named *names, int n)
{
    cr_record_formula(r, OP_COL_SUM, phase, out, formula, NULL, names, n)->mean = mean;
    return out;
}

static int record_folded(struct recorder *r, int layer, int x)
{
    const int s = per_net(r, ROLE_DEVIATION, x, layer);
    const int k = per_net(r, ROLE_GAIN, x, layer), c = per_net(r, ROLE_SHIFT, x, layer);
    const int y = cr_record_rows(r, ROLE_JOIN, r->tape->value[x].cols, NONE, layer);
    const struct named names[] = {{"x", x, 0},
                                  {"M", cr_record_param(r, layer, PARAM_MEAN), 0},
                                  {"V", cr_record_param(r, layer, PARAM_VARIANCE), 0},
                                  {"s", s, 0},
                                  {"k", k, 0},
                                  {"c", c, 0},
                                  {"g", cr_record_param(r, layer, PARAM_SCALE), 0},
                                  {"b", cr_record_param(r, layer, PARAM_BIAS), 0}};
    enum { ALL = sizeof names / sizeof *names };
    const struct named raised[] = {names[2], {"e", NONE, r->spec->layer[layer].amount}};
    cr_record_formula(r, OP_MAP, PHASE_FORWARD, s, "sqrt(V + e)", NULL, raised, 2);
    cr_record_formula(r, OP_MAP, PHASE_FORWARD, k, "g/s", NULL, names, ALL);
    cr_record_formula(r, OP_MAP, PHASE_FORWARD, c, "b - k*M", NULL, names, ALL);
    cr_record_formula(r, OP_MAP, PHASE_FORWARD, y, "k*x + c", NULL, names, ALL);
    return y;
}

int cr_record_batch_norm(struct recorder *r, int layer, int x)
{
    if (r->predicting)
        return record_folded(r, layer, x);
    const size_t cols = r->tape->value[x].cols;
    const int uses = r->uses[x];
    const int m = per_net(r, ROLE_MEAN, x, layer), v = per_net(r, ROLE_VARIANCE, x, layer);
    const int s = per_net(r, ROLE_DEVIATION, x, layer);
    const int h = cr_record_rows(r, ROLE_NORMAL, cols, x, layer);
    const int y = cr_record_rows(r, ROLE_JOIN, cols, NONE, layer);
    const int g = cr_record_param(r, layer, PARAM_SCALE), b = cr_record_param(r, layer, PARAM_BIAS);
    const struct named names[] = {
        {"x", x, 0}, {"m", m, 0}, {"v", v, 0}, {"s", s, 0},
        {"h", h, 0}, {"g", g, 0}, {"b", b, 0}, {"e", NONE, r->spec->layer[layer].amount}};
    enum { ALL = sizeof names / sizeof *names };
    down(r, PHASE_FORWARD, m, "x", 1, names, ALL);
    down(r, PHASE_FORWARD, v, "(x - m)^2", 1, names, ALL);
    cr_record_formula(r, OP_MAP, PHASE_FORWARD, s, "sqrt(v + e)", NULL, names, ALL);
    cr_record_formula(r, OP_MAP, PHASE_FORWARD, h, "(x - m)/s", NULL, names, ALL);
    cr_record_formula(r, OP_MAP, PHASE_FORWARD, y, "g*h + b", NULL, names, ALL);
    r->uses[x] = uses + 1; /* one gradient comes back */
    return y;
}

/* d x_i acts on y_i alone when the statistics are given. */
static void record_folded_gradient(struct recorder *r, int layer, int x, int d)
{
    const struct tape *t = r->tape;
    const int g = cr_record_param(r, layer, PARAM_SCALE), b = cr_record_param(r, layer, PARAM_BIAS);
    const int term = cr_record_rows(r, ROLE_SLOPE_TERM, t->value[x].cols, g, layer);
    const struct named names[] = {{"d", d, 0},
                                  {"x", x, 0},
                                  {"M", cr_record_param(r, layer, PARAM_MEAN), 0},
                                  {"s", cr_tape_find(t, ROLE_DEVIATION, -1, layer), 0},
                                  {"k", cr_tape_find(t, ROLE_GAIN, -1, layer), 0}};
    enum { ALL = sizeof names / sizeof *names };
    cr_record_formula(r, OP_MAP, PHASE_BACKWARD, term, "d*(x - M)/s", NULL, names, ALL);
    cr_record_param_gradient(r, OP_SUM_ROWS, g, &term, 1);
    cr_record_param_gradient(r, OP_SUM_ROWS, b, &d, 1);
    if (!cr_record_wanted(r, x))
        return;
    const int dx = cr_record_contribution(r, x);
    cr_record_formula(r, OP_MAP, PHASE_BACKWARD, dx, "d*k", NULL, names, ALL);
    cr_record_contribute(r, x, dx);
}

void cr_record_batch_norm_gradient(struct recorder *r, int layer, int x, int d)
{
    if (r->predicting) {
        record_folded_gradient(r, layer, x, d);
        return;
    }
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
    const int ds = per_net(r, ROLE_GRAD, s, layer), dm = per_net(r, ROLE_GRAD, m, layer);
    const int dx = cr_record_contribution(r, x);
    const struct named names[] = {{"d", d, 0},   {"g", g, 0},   {"h", h, 0},   {"s", s, 0},
                                  {"dh", dh, 0}, {"ds", ds, 0}, {"dm", dm, 0}, {"n", r->rows, 0}};
    enum { ALL = sizeof names / sizeof *names };
    cr_record_formula(r, OP_MAP, PHASE_BACKWARD, dh, "d*g", NULL, names, ALL);
    down(r, PHASE_BACKWARD, ds, "-(dh*h)/s", 0, names, ALL);
    down(r, PHASE_BACKWARD, dm, "-dh/s", 0, names, ALL);
    cr_record_formula(r, OP_MAP, PHASE_BACKWARD, dx, "dh/s + ds*h/n + dm/n", NULL, names, ALL);
    cr_record_contribute(r, x, dx);
}

int cr_record_moved(struct recorder *r, int param)
{
    struct tape *t = r->tape;
    const struct value p = t->value[param];
    const int variance = t->net->param[p.param].kind == PARAM_VARIANCE;
    const int out = cr_record_value(r, ROLE_NEW, PER_NET, p.rows, p.cols, param, p.layer);
    const int of_batch = cr_tape_find(t, variance ? ROLE_VARIANCE : ROLE_MEAN, -1, p.layer);
    const double share = r->spec->layer[p.layer].momentum;
    const struct named names[] = {{"w", param, 0},
                                  {"a", NONE, share},
                                  {"c", NONE, 1 - share},
                                  {"u", of_batch, 0},
                                  {"n", r->rows, 0}};
    t->value[out].param = p.param;
    cr_record_formula(r, OP_MAP, PHASE_UPDATE, out,
                      variance ? "c*w + a*(u*n/(n - 1))" : "c*w + a*u", NULL, names, 5);
    return out;
}
