#include "chainrule/list.h"

#include <limits.h>

#include "expr/expr.h"
#include "net/schedule.h"
#include "net/tables.h"

static void set_params(cr_list_row *row, const struct table_param *param)
{
    for (int i = 0; i < TABLE_PARAMS && param[i].name; i++) {
        row->parameter[i] = param[i].name;
        row->value[i] = param[i].value;
        row->min[i] = param[i].min;
        row->max[i] = param[i].max;
    }
}

static void set_aliases(cr_list_row *row, const char *const *alias, int n)
{
    for (int i = 0; i < n; i++)
        row->alias[i] = alias[i];
}

static int list_activation(int index, cr_list_row *row)
{
    const struct activation_row *a = cr_activation_row(index);
    if (!a)
        return 0;
    *row = (cr_list_row){.name = a->name,
                         .formula = a->formula,
                         .derivative = a->derivative,
                         .learned = a->learned,
                         .meaning = a->meaning,
                         .source = a->source};
    set_aliases(row, a->alias, TABLE_ALIASES);
    set_params(row, a->param);
    return 1;
}

static int list_loss(int index, cr_list_row *row)
{
    const struct loss_row *l = cr_loss_row(index);
    if (!l)
        return 0;
    *row = (cr_list_row){.name = l->name,
                         .formula = l->formula,
                         .derivative = l->derivative,
                         .shown = l->shown,
                         .mean_over_outputs = l->mean_over_outputs,
                         .meaning = l->meaning,
                         .source = l->source};
    set_aliases(row, l->alias, TABLE_ALIASES);
    set_params(row, l->param);
    return 1;
}

static int list_init(int index, cr_list_row *row)
{
    const struct init_row *i = cr_init_row(index);
    if (!i)
        return 0;
    *row = (cr_list_row){.name = i->name, .meaning = i->meaning, .source = i->source};
    set_aliases(row, i->alias, TABLE_ALIASES);
    set_params(row, i->param);
    return 1;
}

static int list_optimiser(int index, cr_list_row *row)
{
    const struct optimiser_row *o = cr_optimiser_row(index);
    if (!o)
        return 0;
    *row = (cr_list_row){.name = o->name,
                         .decay_of = o->gradient ? "g"
                                     : o->weight ? "w"
                                                 : NULL,
                         .decayed = o->gradient ? o->gradient : o->weight,
                         .rate = o->rate,
                         .meaning = o->meaning,
                         .source = o->source};
    for (int i = 0; i < OPT_STEPS && o->step[i].formula; i++) {
        row->to[i] = o->step[i].to.name;
        row->assigned[i] = o->step[i].shown ? o->step[i].shown : o->step[i].formula;
    }
    set_aliases(row, o->alias, TABLE_ALIASES);
    set_params(row, o->param);
    return 1;
}

static int list_schedule(int index, cr_list_row *row)
{
    const struct schedule_row *s = cr_schedule_row(index);
    if (!s)
        return 0;
    *row = (cr_list_row){
        .name = s->name, .formula = s->formula, .meaning = s->meaning, .source = s->source};
    set_aliases(row, s->alias, TABLE_ALIASES);
    set_params(row, s->param);
    return 1;
}

static int list_function(int index, cr_list_row *row)
{
    const struct expr_function *f = cr_expr_function(index);
    if (!f)
        return 0;
    *row = (cr_list_row){.name = f->name, .meaning = f->meaning};
    set_aliases(row, f->alias, FUNCTION_ALIASES);
    return 1;
}

int cr_list(cr_list_kind kind, size_t index, cr_list_row *row)
{
    if (index > INT_MAX)
        return 0;
    switch (kind) {
    case CR_LIST_ACTIVATIONS: return list_activation((int)index, row);
    case CR_LIST_LOSSES: return list_loss((int)index, row);
    case CR_LIST_INITIALISERS: return list_init((int)index, row);
    case CR_LIST_OPTIMISERS: return list_optimiser((int)index, row);
    case CR_LIST_SCHEDULES: return list_schedule((int)index, row);
    case CR_LIST_FUNCTIONS: return list_function((int)index, row);
    }
    return 0;
}
