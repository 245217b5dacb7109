#include "train/answer.h"

#include "base/arena.h"
#include "base/error.h"
#include "formats/model_file.h"

enum { CHUNK = 256 };

cr_status cr_answerer_start(struct answerer *a, const cr_model *model, int threads, cr_error *err)
{
    size_t size;
    *a = (struct answerer){.inputs = cr_net_inputs(model->net),
                           .outputs = cr_net_outputs(model->net)};
    cr_status status = cr_plan_create(model->net, CR_FOR_PREDICTING, CHUNK, &a->plan, err);
    if (status == CR_OK)
        status = cr_plan_freeze(a->plan, err);
    if (status == CR_OK)
        status = cr_team_create(threads, &a->team, err);
    if (status == CR_OK) {
        a->work_size = (cr_plan_work_size(a->plan) + 63) / 64 * 64;
        if (cr_mul_size(a->work_size, (size_t)cr_team_size(a->team), &size))
            a->work = cr_work_alloc(size);
        status = a->work ? CR_OK : cr_fail_memory(err);
    }
    if (status != CR_OK)
        cr_answerer_free(a);
    return status;
}

void cr_answerer_free(struct answerer *a)
{
    cr_plan_free(a->plan);
    cr_team_destroy(a->team);
    cr_work_free(a->work);
    *a = (struct answerer){0};
}

struct rows {
    const struct answerer *a;
    const float *in;
    float *out;
    size_t n;
};

static void answer_chunk(void *ctx, size_t item, int member)
{
    const struct rows *r = ctx;
    const struct answerer *a = r->a;
    const size_t first = item * CHUNK, n = r->n - first < CHUNK ? r->n - first : CHUNK;
    cr_predict(a->plan, r->in + first * a->inputs, r->out + first * a->outputs, n,
               a->work + (size_t)member * a->work_size, a->work_size, NULL);
}

void cr_answer_rows(const struct answerer *a, const float *in, size_t rows, float *out)
{
    struct rows r = {a, in, out, rows};
    cr_team_run(a->team, rows / CHUNK + (rows % CHUNK != 0), answer_chunk, &r);
}
