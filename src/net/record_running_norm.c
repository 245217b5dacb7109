/* Recording batch normalisation by running averages, as predicting has it (Ioffe & Szegedy 2015, algorithm
 * 2), and what moves them. With the running mean M and variance V,
 *   s = sqrt(V + epsilon),  y = k x + c  with the gain k = g/s and the shift c = b - k M,
 * which are made once for all rows: one multiply-add for each value. An update moves M and V by a share a
 * towards the batch's mean m and variance v n/(n - 1). */
#include "net/record.h"

static int per_net(struct recorder *r, enum role role, int of, int layer)
{
    return cr_record_value(r, role, PER_NET, 1, r->tape->value[of].cols, of, layer);
}

int cr_record_running_norm(struct recorder *r, int layer, int x)
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

/* d x_i acts on y_i alone when the statistics are given. */
void cr_record_running_norm_gradient(struct recorder *r, int layer, int x, int d)
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
