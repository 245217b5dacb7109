/* Recording layer normalisation (Ba, Kiros & Hinton 2016): for each example
 *   m = mean of x,  v = mean of (x - m)^2,  s = sqrt(v + epsilon),  h = (x - m)/s,  y = g h + b
 * and backward, with n columns,
 *   dh = dy g,  ds = sum of -dh h/s,  dm = sum of -dh/s,  dx = dh/s + ds h/n + dm/n,
 * where x acts on m, on s (ds/dx = h/n) and on h. */
#include "net/record.h"

/* A sum or mean of the columns. */
static int along(struct recorder *r, enum phase phase, int out, const char *formula, int mean,
                 const struct named *names, int n)
{
    cr_record_formula(r, OP_ROW_SUM, phase, out, formula, NULL, names, n)->mean = mean;
    return out;
}

int cr_record_norm(struct recorder *r, int layer, int x)
{
    const size_t cols = r->tape->value[x].cols;
    const int uses = r->uses[x];
    const int m = cr_record_rows(r, ROLE_MEAN, 1, x, layer);
    const int v = cr_record_rows(r, ROLE_VARIANCE, 1, x, layer);
    const int s = cr_record_rows(r, ROLE_DEVIATION, 1, x, layer);
    const int h = cr_record_rows(r, ROLE_NORMAL, cols, x, layer);
    const int y = cr_record_rows(r, ROLE_JOIN, cols, NONE, layer);
    const int g = cr_record_param(r, layer, PARAM_SCALE), b = cr_record_param(r, layer, PARAM_BIAS);
    const struct named names[] = {
        {"x", x, 0}, {"m", m, 0}, {"v", v, 0}, {"s", s, 0},
        {"h", h, 0}, {"g", g, 0}, {"b", b, 0}, {"e", NONE, r->spec->layer[layer].amount}};
    enum { ALL = sizeof names / sizeof *names };
    along(r, PHASE_FORWARD, m, "x", 1, names, ALL);
    along(r, PHASE_FORWARD, v, "(x - m)^2", 1, names, ALL);
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
    const int ds = cr_record_rows(r, ROLE_GRAD, 1, s, layer);
    const int dm = cr_record_rows(r, ROLE_GRAD, 1, m, layer);
    const int dx = cr_record_contribution(r, x);
    const struct named names[] = {
        {"d", d, 0},   {"g", g, 0},   {"h", h, 0},   {"s", s, 0},
        {"dh", dh, 0}, {"ds", ds, 0}, {"dm", dm, 0}, {"n", NONE, (double)cols}};
    enum { ALL = sizeof names / sizeof *names };
    cr_record_formula(r, OP_MAP, PHASE_BACKWARD, dh, "d*g", NULL, names, ALL);
    along(r, PHASE_BACKWARD, ds, "-(dh*h)/s", 0, names, ALL);
    along(r, PHASE_BACKWARD, dm, "-dh/s", 0, names, ALL);
    cr_record_formula(r, OP_MAP, PHASE_BACKWARD, dx, "dh/s + ds*h/n + dm/n", NULL, names, ALL);
    cr_record_contribute(r, x, dx);
}
