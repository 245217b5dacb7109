#include "data/split.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum { PART_TRAIN, PART_VALIDATION, PART_TEST };

struct splitter {
    const struct split_options *o;
    const size_t *rows;
    size_t n;
    unsigned char *part; /* [n] */
    size_t *order;       /* [n] positions in rows: in random order, or by time */
    size_t *count;       /* [n_of + 1] rows of a class or group */
};

/* How many of `count` to set aside. */
static size_t share_of(size_t count, double share)
{
    const size_t taken = (size_t)((double)count * share + 0.5);
    return taken < count ? taken : count ? count - 1 : 0;
}

/* A row's class or group; rows without one are a group of their own. */
static size_t of(const struct splitter *s, size_t i)
{
    const uint32_t of = s->o->of[s->rows[i]];
    return of < s->o->n_of ? of : s->o->n_of;
}

/* Set aside a share of every class, or of all rows: the first ones in random order. */
static void take_rows(struct splitter *s, double share, unsigned char part)
{
    const int classes = s->o->kind == CR_SPLIT_STRATIFIED;
    size_t all = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->part[i] == PART_TRAIN) {
            all++;
            if (classes)
                s->count[of(s, i)]++;
        }
    all = share_of(all, share);
    for (size_t c = 0; classes && c <= s->o->n_of; c++)
        s->count[c] = share_of(s->count[c], share);
    for (size_t k = 0; k < s->n; k++) {
        const size_t i = s->order[k];
        size_t *left = classes ? &s->count[of(s, i)] : &all;
        if (s->part[i] == PART_TRAIN && *left > 0) {
            --*left;
            s->part[i] = part;
        }
    }
}

/* Set aside whole groups, in the order in which the random order comes to them, as long as
 * that brings the part's size nearer to the share. One group is left. */
static void take_groups(struct splitter *s, double share, unsigned char part)
{
    size_t all = 0, taken = 0, groups = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->part[i] == PART_TRAIN) {
            all++;
            groups += s->count[of(s, i)]++ == 0;
        }
    const double wanted = (double)all * share;
    for (size_t k = 0; k < s->n && groups > 1; k++) {
        const size_t first = s->order[k], group = s->part[first] == PART_TRAIN ? of(s, first) : 0;
        const size_t size = s->part[first] == PART_TRAIN ? s->count[group] : 0;
        if (size == 0)
            continue;
        s->count[group] = 0; /* looked at */
        if (fabs((double)(taken + size) - wanted) >= fabs((double)taken - wanted))
            continue;
        for (size_t i = 0; i < s->n; i++)
            if (s->part[i] == PART_TRAIN && of(s, i) == group)
                s->part[i] = part;
        taken += size;
        groups--;
    }
}

static double time_of(const struct splitter *s, size_t i)
{
    const double t = s->o->time[s->rows[i]];
    return isnan(t) ? -INFINITY : t;
}

/* A stable merge sort of order by time. */
static int sort_by_time(struct splitter *s)
{
    size_t *spare = malloc((s->n + 1) * sizeof *spare);
    if (!spare)
        return 0;
    for (size_t width = 1; width < s->n; width *= 2) {
        for (size_t at = 0; at < s->n; at += 2 * width) {
            const size_t mid = at + width < s->n ? at + width : s->n;
            const size_t end = mid + width < s->n ? mid + width : s->n;
            size_t i = at, j = mid;
            for (size_t k = at; k < end; k++) {
                const int left =
                    i < mid && (j >= end || time_of(s, s->order[i]) <= time_of(s, s->order[j]));
                spare[k] = left ? s->order[i++] : s->order[j++];
            }
        }
        memcpy(s->order, spare, s->n * sizeof *spare);
    }
    free(spare);
    return 1;
}

/* Set aside the latest rows that are left. */
static void take_latest(struct splitter *s, double share, unsigned char part)
{
    size_t left = 0;
    while (left < s->n && s->part[s->order[left]] == PART_TRAIN)
        left++;
    size_t first = left - share_of(left, share);
    while (first > 0 && first < left &&
           time_of(s, s->order[first - 1]) == time_of(s, s->order[first]))
        first++; /* a tie at the edge stays in the earlier part */
    for (size_t k = first; k < left; k++)
        s->part[s->order[k]] = part;
}

static void take(struct splitter *s, double share, unsigned char part)
{
    for (size_t i = 0; s->count && i <= s->o->n_of; i++)
        s->count[i] = 0;
    if (share <= 0)
        return;
    switch (s->o->kind) {
    case CR_SPLIT_GROUP: take_groups(s, share, part); break;
    case CR_SPLIT_TIME: take_latest(s, share, part); break;
    default: take_rows(s, share, part); break;
    }
}

/* The parts one after the other; returns where the next one begins. */
static size_t collect(const struct splitter *s, unsigned char part, size_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->part[i] == part)
            out[n++] = s->rows[i];
    return n;
}

static cr_status split(struct splitter *s, struct split *out, cr_error *err)
{
    const struct split_options *o = s->o;
    const int random = o->kind != CR_SPLIT_TIME;
    assert(o->of || (o->kind != CR_SPLIT_STRATIFIED && o->kind != CR_SPLIT_GROUP));
    s->part = calloc(s->n + 1, 1);
    s->order = calloc(s->n + 1, sizeof *s->order);
    out->row = calloc(s->n + 1, sizeof *out->row);
    if (o->of)
        s->count = calloc(o->n_of + 1, sizeof *s->count);
    if (!s->part || !s->order || !out->row || (o->of && !s->count))
        return cr_fail_memory(err);
    for (size_t i = 0; i < s->n; i++)
        s->order[i] = i;
    if (random)
        cr_random_permutation((struct random_key){o->seed, RANDOM_SPLIT, 0}, s->order, s->n);
    else if (!sort_by_time(s))
        return cr_fail_memory(err);
    take(s, o->test, PART_TEST);
    if (random)
        cr_random_permutation((struct random_key){o->seed, RANDOM_SPLIT, 1}, s->order, s->n);
    take(s, o->validation, PART_VALIDATION);
    out->train = collect(s, PART_TRAIN, out->row);
    out->validation = collect(s, PART_VALIDATION, out->row + out->train);
    out->test = collect(s, PART_TEST, out->row + out->train + out->validation);
    return CR_OK;
}

cr_status cr_split(const size_t *rows, size_t n, const struct split_options *options,
                   struct split *out, cr_error *err)
{
    struct splitter s = {.o = options, .rows = rows, .n = n};
    struct split result = {0};
    const cr_status status = split(&s, &result, err);
    free(s.part);
    free(s.order);
    free(s.count);
    if (status != CR_OK)
        free(result.row);
    else
        *out = result;
    return status;
}
