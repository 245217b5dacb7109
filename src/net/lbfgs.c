#include "net/lbfgs.h"

#include <math.h>
#include <string.h>

#define LEAST_CURVATURE 1e-10 /* of a pair that is kept */
#define LESS            1e-4  /* c1 and c2 of Nocedal & Wright */
#define FLATTER         0.9
#define NO_MATTER       1e-9

enum { LANES = 8, TRIES = 25 };

static double join(const double *sum)
{
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

#define T       float
#define NAME(x) x##_f32
#include "net/lbfgs.inl"

#define T       double
#define NAME(x) x##_f64
#include "net/lbfgs.inl"

void cr_lbfgs_update(const cr_plan *plan, const struct run *run)
{
    if (plan->f32)
        update_f32(plan, run);
    else
        update_f64(plan, run);
}

/* Where the cubic through two points with their slopes is lowest, within low .. high; their
 * middle where it has no such place, or a point is not finite (equation 3.59). */
static double lowest(const struct line_point *a, const struct line_point *b, double low,
                     double high)
{
    const struct line_point *l = a->at <= b->at ? a : b, *r = a->at <= b->at ? b : a;
    const double d1 = a->slope + b->slope - 3 * (a->loss - b->loss) / (a->at - b->at);
    const double square = d1 * d1 - a->slope * b->slope;
    const double d2 = sqrt(square);
    const double at =
        r->at - (r->at - l->at) * ((r->slope + d2 - d1) / (r->slope - l->slope + 2 * d2));
    if (!(square >= 0) || isnan(at))
        return (low + high) / 2;
    return fmin(fmax(at, low), high);
}

/* A search under way: the conditions, and the two points between which they can be met. */
struct search {
    struct line_point (*look)(void *ctx, double at);
    void *ctx;
    struct line_point start, end[2];
    int tries;
};

/* The loss is not low enough; a loss that is no number is not. */
static int is_high(const struct search *s, const struct line_point *p)
{
    return !(p->loss <= s->start.loss + LESS * p->at * s->start.slope);
}

static int is_flat(const struct search *s, const struct line_point *p)
{
    return fabs(p->slope) <= -FLATTER * s->start.slope;
}

/* Algorithm 3.5: go on until there is a bracket. 1: end[0] will do. */
static int find_bracket(struct search *s, double first)
{
    struct line_point before = s->start, now = s->look(s->ctx, first);
    for (s->tries = 0; s->tries < TRIES; s->tries++) {
        s->end[0] = before;
        s->end[1] = now;
        if (is_high(s, &now) || (s->tries > 1 && now.loss >= before.loss))
            return 0;
        if (is_flat(s, &now)) {
            s->end[0] = now;
            return 1;
        }
        if (!(now.slope < 0))
            return 0;
        const double at = lowest(&before, &now, now.at + 0.01 * (now.at - before.at), 10 * now.at);
        before = now;
        now = s->look(s->ctx, at);
    }
    s->end[0] = s->start;
    s->end[1] = now;
    return 0;
}

/* Where to look next in the bracket: away from its ends, where that was of no use before. */
static double within(const struct search *s, int *idle)
{
    const double low = fmin(s->end[0].at, s->end[1].at), high = fmax(s->end[0].at, s->end[1].at);
    const double edge = 0.1 * (high - low), at = lowest(&s->end[0], &s->end[1], low, high);
    if (!(fmin(high - at, at - low) < edge)) {
        *idle = 0;
        return at;
    }
    if (!*idle && at < high && at > low) {
        *idle = 1;
        return at;
    }
    *idle = 0;
    return high - at < at - low ? high - edge : low + edge;
}

/* end[0] becomes the better end. */
static void sort_ends(struct search *s)
{
    const struct line_point a = s->end[0], b = s->end[1];
    if (a.loss <= b.loss || isnan(b.loss))
        return;
    s->end[0] = b;
    s->end[1] = a;
}

/* Algorithm 3.6. The ends' order is by their loss; the cubic is the same either way. */
static void zoom(struct search *s, double size)
{
    int idle = 0;
    sort_ends(s);
    for (; s->tries < TRIES; s->tries++) {
        if (fabs(s->end[1].at - s->end[0].at) * size < NO_MATTER)
            return;
        const struct line_point now = s->look(s->ctx, within(s, &idle));
        if (is_high(s, &now) || now.loss >= s->end[0].loss) {
            s->end[1] = now;
            sort_ends(s);
            continue;
        }
        const int flat = is_flat(s, &now);
        if (!flat && now.slope * (s->end[1].at - s->end[0].at) >= 0)
            s->end[1] = s->end[0];
        s->end[0] = now;
        if (flat)
            return;
    }
}

double cr_line_search(struct line_point (*look)(void *ctx, double at), void *ctx,
                      struct line_point start, double first, double size)
{
    struct search s = {.look = look, .ctx = ctx, .start = start};
    if (!find_bracket(&s, first))
        zoom(&s, size);
    return s.end[0].at;
}
