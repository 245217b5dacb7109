/* Whole steps (kernels/narrow.h): which lists they are for, and running them. */
#include <string.h>

#include "net/call.h"
#include "net/narrow_list.h"

enum { OPS = 10 };

static const struct narrow_param *param_at(const struct narrow *n, uint32_t at, enum layout layout)
{
    for (int i = 0; i < n->n_params; i++)
        if (n->param[i].at == at)
            return n->param[i].layout == layout ? &n->param[i] : NULL;
    return NULL;
}

/* 1 where code is that of one of `count` kinds of `first`; which of them to *kind. */
static int is_kind(uint16_t code, enum narrow_what first, int count, size_t lanes, int *kind)
{
    for (*kind = 0; *kind < count; ++*kind)
        if (code == cr_narrow_code((enum narrow_what)(first + (unsigned)*kind), lanes))
            return 1;
    return 0;
}

/* The list is a whole step if it is this one, with the addresses that it has itself. */
static int is_whole(const cr_plan *plan, const struct narrow_op *op,
                    const struct narrow_param *const param[4], int hidden, int output)
{
    const struct narrow *n = plan->narrow;
    const struct tape *t = plan->tape;
    const struct param *w1 = &plan->net->param[param[0]->group];
    const uint16_t inputs = (uint16_t)w1->cols, units = (uint16_t)w1->rows;
    const uint16_t across = n->slot[t->input].lanes;
    const uint16_t lanes = (uint16_t)(units <= 4 ? 4 : units <= 8 ? 8 : NARROW_LANES);
    const uint32_t in = n->slot[t->input].at, target = n->slot[t->target].at;
    const uint32_t z = op[0].act, d = op[4].out, du = op[5].act;
    const uint32_t y = n->slot[t->output].at, loss = n->slot[t->loss].at;
#define CODE(what, lanes) cr_narrow_code((enum narrow_what)(what), lanes)
#define RATE(i)           (n->rate + (uint32_t)param[i]->group)
    const struct narrow_op want[OPS] = {
        {CODE(NARROW_LINEAR_SIGMOID + hidden, lanes),
         0,
         0,
         inputs,
         {across},
         op[0].out,
         in,
         param[0]->at,
         param[1]->at,
         z},
        {CODE(NARROW_DOT + output, 1),
         2,
         0,
         units,
         {lanes},
         output ? op[1].out : y,
         z,
         param[2]->at,
         param[3]->at,
         output ? y : 0},
        {CODE(NARROW_HALF_SQUARED, 1), 2, 0, 0, {4, 4, 4}, op[2].out, y, target, y, 0},
        {CODE(NARROW_TOTAL, 1), 2, op[3].mean, 0, {0}, loss, op[2].out, n->n_rows, 0, 0},
        {CODE(NARROW_ERROR_IDENTITY + output, 1), 2, 0, 0, {4, 4, 0}, d, y, target, n->n_rows, 0},
        {CODE(NARROW_BACK_SIGMOID + hidden, lanes),
         0,
         0,
         1,
         {1},
         op[5].out,
         d,
         param[2]->at,
         z,
         du},
        {CODE(NARROW_OUTER, lanes), 0, 0, 1, {1, lanes}, param[2]->at, d, z, RATE(2), 0},
        {CODE(NARROW_COLUMNS, 1), 2, 0, 1, {1}, param[3]->at, d, 0, RATE(3), 0},
        {CODE(NARROW_OUTER, lanes),
         0,
         0,
         inputs,
         {across, lanes},
         param[0]->at,
         in,
         du,
         RATE(0),
         0},
        {CODE(NARROW_COLUMNS, lanes), 0, 0, units, {lanes}, param[1]->at, du, 0, RATE(1), 0},
    };
#undef CODE
#undef RATE
    return memcmp(want, op, sizeof want) == 0;
}

cr_status cr_narrow_step_make(cr_plan *plan, cr_error *err)
{
    struct narrow *n = plan->narrow;
    const struct narrow_op *op = n->op;
    int hidden = 0, output = 0;
    if (n->begin[PHASE_UPDATE + 1] != OPS || plan->tape->target < 0 || plan->tape->loss < 0)
        return CR_OK;
    const struct narrow_param *const param[] = {
        param_at(n, op[0].b, BY_INPUT), param_at(n, op[0].c, BY_UNIT),
        param_at(n, op[1].b, BY_UNIT), param_at(n, op[1].c, BY_UNIT)};
    for (int i = 0; i < 4; i++)
        if (!param[i])
            return CR_OK;
    const struct param *w1 = &plan->net->param[param[0]->group];
    const size_t lanes = w1->rows <= 4 ? 4 : w1->rows <= 8 ? 8 : NARROW_LANES;
    if (w1->cols > NARROW_INPUTS ||
        !is_kind(op[0].code, NARROW_LINEAR_SIGMOID, 2, lanes, &hidden) ||
        !is_kind(op[1].code, NARROW_DOT, 3, 1, &output) ||
        !is_whole(plan, op, param, hidden, output))
        return CR_OK;
    struct whole_step *whole = arena_new(&plan->arena, struct whole_step, 1);
    if (!whole)
        return cr_fail_memory(err);
    size_t offset[4];
    for (int i = 0; i < 4; i++) {
        offset[i] = plan->net->param[param[i]->group].offset;
        for (int k = 0; k < plan->n_calls; k++)
            if (plan->call[k].op == OP_DESCEND &&
                plan->tape->value[plan->call[k].out].param == param[i]->group)
                whole->factor[i] = plan->call[k].factor;
    }
    whole->step = (struct narrow_step){.inputs = (uint8_t)w1->cols,
                                       .units = (uint8_t)w1->rows,
                                       .hidden = (uint8_t)(NARROW_LINEAR_SIGMOID + hidden),
                                       .output = (uint8_t)(NARROW_DOT + output),
                                       .mean = op[3].mean,
                                       .w1 = offset[0],
                                       .b1 = offset[1],
                                       .w2 = offset[2],
                                       .b2 = offset[3]};
    n->whole = whole;
    return CR_OK;
}
