/* L-BFGS for one type: T and NAME(x) are defined by lbfgs.c. */

static double NAME(dot)(const T *a, const T *b, size_t n)
{
    double sum[LANES] = {0};
    const size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            sum[k] += (double)a[i + k] * (double)b[i + k];
    for (size_t i = whole; i < n; i++)
        sum[i - whole] += (double)a[i] * (double)b[i];
    return join(sum);
}

static double NAME(sum_of_sizes)(const T *a, size_t n, double *largest)
{
    double sum[LANES] = {0};
    *largest = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = fabs((double)a[i]);
        sum[i % LANES] += v;
        *largest = v > *largest ? v : *largest;
    }
    return join(sum);
}

/* to += factor*a */
static void NAME(add)(T *to, double factor, const T *a, size_t n)
{
    const T f = (T)factor;
    for (size_t i = 0; i < n; i++)
        to[i] += f * a[i];
}

/* The gradient by all parameters, in the block's layout. */
static void NAME(gather)(const cr_plan *plan, const struct run *run, T *to)
{
    const struct tape *t = plan->tape;
    for (int v = 0; v < t->n_values; v++) {
        if (t->value[v].role != ROLE_PARAM_GRAD)
            continue;
        const struct param *p = &plan->net->param[t->value[v].param];
        memcpy(to + p->offset, cr_plan_at(plan, run, v, 0, 0), p->rows * p->cols * sizeof *to);
    }
}

/* A search under way: from params along d. */
struct NAME(line) {
    const cr_plan *plan;
    struct run run; /* whose params are x */
    const T *params, *d;
    T *x, *g;
};

static struct line_point NAME(look)(void *ctx, double at)
{
    struct NAME(line) *l = ctx;
    const size_t n = l->plan->net->block;
    const T far = (T)at;
    for (size_t i = 0; i < n; i++)
        l->x[i] = l->params[i] + far * l->d[i];
    cr_plan_run(l->plan, &l->run, PHASE_FORWARD, PHASE_BACKWARD);
    NAME(gather)(l->plan, &l->run, l->g);
    return (struct line_point){at, cr_plan_loss(l->plan, &l->run), NAME(dot)(l->g, l->d, n)};
}

/* What an update keeps, each part [n] or [most][n]. */
struct NAME(memory) {
    T *step, *before; /* the last change of the parameters; the gradient before it */
    T *s, *y;         /* pairs of changes, the newest first; those not in use are 0 */
    size_t n, most;
};

/* The change since the last update becomes the newest pair, if its curvature is positive. `y` is
 * room for the gradient's change. */
static void NAME(remember)(const struct NAME(memory) * m, const T *g, T *y)
{
    const size_t n = m->n, older = (m->most - 1) * n;
    for (size_t i = 0; i < n; i++)
        y[i] = g[i] - m->before[i];
    if (!(NAME(dot)(y, m->step, n) > LEAST_CURVATURE))
        return;
    memmove(m->s + n, m->s, older * sizeof *m->s);
    memmove(m->y + n, m->y, older * sizeof *m->y);
    memcpy(m->s, m->step, n * sizeof *m->s);
    memcpy(m->y, y, n * sizeof *m->y);
}

/* Algorithm 7.4, two loops: step becomes minus the approximate inverse Hessian times g. */
static void NAME(direction)(const struct NAME(memory) * m, const T *g)
{
    double rho[LBFGS_PAIRS], alpha[LBFGS_PAIRS];
    const size_t n = m->n;
    size_t pairs = 0;
    T *d = m->step;
    for (size_t i = 0; i < n; i++)
        d[i] = -g[i];
    for (; pairs < m->most; pairs++) {
        const T *s = m->s + pairs * n, *y = m->y + pairs * n;
        const double curvature = NAME(dot)(y, s, n);
        if (!(curvature > 0))
            break;
        rho[pairs] = 1 / curvature;
        alpha[pairs] = NAME(dot)(s, d, n) * rho[pairs];
        NAME(add)(d, -alpha[pairs], y, n);
    }
    if (pairs == 0)
        return;
    const T scale = (T)(NAME(dot)(m->y, m->s, n) / NAME(dot)(m->y, m->y, n));
    for (size_t i = 0; i < n; i++)
        d[i] *= scale;
    while (pairs-- > 0) {
        const double beta = NAME(dot)(m->y + pairs * n, d, n) * rho[pairs];
        NAME(add)(d, alpha[pairs] - beta, m->s + pairs * n, n);
    }
}

static void NAME(update)(const cr_plan *plan, const struct run *run)
{
    const size_t n = plan->net->block,
                 most = (size_t)cr_optimiser_history(&plan->net->spec->optimiser);
    T *state = run->state, *params = run->params;
    T *x = (T *)run->work + plan->sums + plan->whole_at, *g = x + plan->whole_size;
    const struct NAME(memory)
        m = {state, state + n, state + 2 * n, state + (2 + most) * n, n, most};
    double largest, length = run->rate;
    NAME(gather)(plan, run, g);
    if (run->t > 1)
        NAME(remember)(&m, g, x);
    else
        length *= fmin(1, 1 / NAME(sum_of_sizes)(g, n, &largest));
    NAME(direction)(&m, g);
    memcpy(m.before, g, n * sizeof *g);
    const double slope = NAME(dot)(g, m.step, n);
    if (slope >= 0 || !(length > 0)) {
        length = 0; /* there is nowhere to go */
    } else if (plan->whole == WHOLE_SEARCH && isfinite(slope)) {
        struct NAME(line) l = {plan, *run, params, m.step, x, g};
        l.run.params = x;
        (void)NAME(sum_of_sizes)(m.step, n, &largest);
        length =
            cr_line_search(NAME(look), &l, (struct line_point){0, cr_plan_loss(plan, run), slope},
                           length, largest);
        if (length == 0) /* start again with the steepest descent */
            memset(m.s, 0, 2 * most * n * sizeof *m.s);
    }
    const T far = (T)length;
    for (size_t i = 0; i < n; i++) {
        m.step[i] *= far;
        params[i] += m.step[i];
    }
}

#undef T
#undef NAME
