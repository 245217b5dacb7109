#include "train/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/team.h"
#include "base/text.h"
#include "data/table.h"
#include "formats/model_file.h"

void cr_gather_free(struct gathered *g)
{
    cr_aligned_free(g->in);
    free(g->row);
    free(g->class_of);
    free(g->target);
    free(g->weight);
    *g = (struct gathered){0};
}

/* Take the row if it can be measured. */
static cr_status take(struct gathered *g, const struct prepare *p, const cr_table *t, size_t row,
                      const double *weight, cr_error *err)
{
    char buf[64];
    const char *label = cr_table_label(t, row, buf);
    const size_t n = g->m.rows;
    if (!label || !*label) {
        g->without++;
        return CR_OK;
    }
    if (p->task == CR_REGRESSION) {
        if (!cr_parse_f64(label, strlen(label), &g->target[n]))
            return cr_fail(err, CR_ERR_VALUE, "row %zu: '%.60s' in column '%s' is not a number",
                           row + 1, label, p->target);
    } else {
        const long class = cr_class_find(&p->classes, label, strlen(label));
        if (class < 0) {
            if (g->unknown++ == 0)
                g->first_unknown = row;
            return CR_OK;
        }
        g->class_of[n] = (uint32_t) class;
    }
    if (weight)
        g->weight[n] = weight[row];
    g->row[n] = row;
    g->m.rows++;
    return CR_OK;
}

static cr_status take_rows(struct gathered *g, const struct prepare *p, const cr_table *t,
                           const size_t *rows, size_t n, cr_error *err)
{
    const double *weight = NULL;
    const int classes = p->task == CR_CLASSIFICATION;
    for (size_t i = 0; i < t->cols; i++)
        if (t->column[i].role == CR_ROLE_WEIGHT)
            weight = t->column[i].value;
    g->row = calloc(n + 1, sizeof *g->row);
    if (classes)
        g->class_of = calloc(n + 1, sizeof *g->class_of);
    else
        g->target = calloc(n + 1, sizeof *g->target);
    if (weight)
        g->weight = calloc(n + 1, sizeof *g->weight);
    if (!g->row || (classes ? !g->class_of : !g->target) || (weight && !g->weight))
        return cr_fail_memory(err);
    cr_status status = CR_OK;
    for (size_t i = 0; status == CR_OK && i < n; i++)
        status = take(g, p, t, rows ? rows[i] : i, weight, err);
    if (status == CR_OK && g->m.rows == 0)
        return cr_fail(err, CR_ERR_VALUE, "no row has a '%s' that the model knows", p->target);
    return status;
}

static cr_status prepare(struct gathered *g, const struct prepare *p, const cr_table *t,
                         int threads, cr_error *err)
{
    struct prepare_table bound;
    struct team *team = NULL;
    size_t numbers, bad = 0;
    if (cr_mul_size(g->m.rows, p->n_inputs, &numbers))
        g->in = cr_aligned_alloc(numbers, sizeof *g->in);
    if (!g->in)
        return cr_fail_memory(err);
    cr_status status = cr_prepare_bind(p, t, &bound, err);
    if (status != CR_OK)
        return status;
    status = cr_team_create(threads, &team, err);
    if (status == CR_OK) {
        const size_t done = cr_prepare_rows(&bound, team, g->row, 0, g->m.rows, g->in, &bad);
        if (done < g->m.rows)
            status = cr_fail(err, CR_ERR_VALUE,
                             "row %zu: the number in column '%s' is too large for the model",
                             g->row[done] + 1, p->column[p->input[bad].column].name);
    }
    cr_team_destroy(team);
    cr_prepare_unbind(&bound);
    return status;
}

cr_status cr_gather(const cr_model *model, const cr_table *t, const size_t *rows, size_t n,
                    int threads, struct gathered *g, cr_error *err)
{
    const struct prepare *p = &model->prepare;
    if (!cr_table_label_name(t))
        return cr_fail(err, CR_ERR_VALUE, "there is no column '%s' to compare the answers with",
                       p->target);
    cr_status status = take_rows(g, p, t, rows, rows ? n : t->rows, err);
    if (status == CR_OK)
        status = prepare(g, p, t, threads, err);
    if (status != CR_OK) {
        cr_gather_free(g);
        return status;
    }
    g->m.in = g->in;
    g->m.class_of = g->class_of;
    g->m.target = g->target;
    g->m.weight = g->weight;
    return CR_OK;
}
