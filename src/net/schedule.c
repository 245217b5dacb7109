#include "net/schedule.h"

#include <string.h>

#include "base/text.h"
#include "net/spec.h"

#define LENGTH(a) (sizeof(a) / sizeof *(a))
#define MOST      1e12
#define SHARE(v)  v, 0, 1
#define FACTOR(v)             \
    {                         \
        "factor", v, 1e-12, 1 \
    }
#define END(v)          \
    {                   \
        "end", SHARE(v) \
    }
#define COSINE(x) "(1 - cos(pi*" x "))/2"
#define PEAK      "(peak*n - 1)"

static const struct schedule_row rows[] = {
    {.name = "constant", .formula = "1", .meaning = "the learning rate stays as it is"},
    {.name = "step",
     .formula = "factor^drops",
     .param = {{"every", 30, 1, MOST}, FACTOR(0.1)},
     .meaning = "multiplied by factor after every so many epochs"},
    {.name = "exponential",
     .formula = "factor^epoch",
     .param = {FACTOR(0.95)},
     .meaning = "multiplied by factor after every epoch"},
    {.name = "polynomial",
     .alias = {"linear"},
     .formula = "end + (1 - end)*(1 - t)^power",
     .param = {{"power", 1, 0, 100}, END(0)},
     .meaning = "falls to end like a power of the steps that are left"},
    {.name = "cosine",
     .formula = "end + (1 - end)*(1 + cos(pi*t))/2",
     .param = {END(0)},
     .meaning = "falls to end along half a cosine wave",
     .source = "Loshchilov & Hutter 2017, SGDR, equation 5, without restarts"},
    {.name = "one-cycle",
     .formula = "if(s < " PEAK ", start + (1 - start)*" COSINE("s/" PEAK) ", 1 - (1 - end)*" COSINE(
         "(s - " PEAK ")/(n - peak*n)") ")",
     .param = {{"peak", 0.3, 0, 0.99}, {"start", SHARE(0.04)}, END(4e-6)},
     .meaning = "rises from start to 1 in the first share `peak` of the steps, then falls to end, "
                "both along half a cosine wave",
     .source = "Smith & Topin 2018, Super-Convergence; cosine waves as in PyTorch"},
    {.name = "plateau",
     .formula = "factor^drops",
     .param = {FACTOR(0.1), {"patience", 10, 0, MOST}, {"threshold", 1e-4, 0, 1}},
     .meaning = "multiplied by factor when the validation loss (without validation rows, the "
                "training loss) has not fallen by the share `threshold` for more than `patience` "
                "epochs"},
    {.name = "coslog4",
     .formula = "(1 - cos(2*pi*log(1 + 15*t)/log(2)))/2",
     .meaning = "four waves from 0 to 1 and back, each over twice as many steps as the one before",
     .source = "Holzmüller, Grinsztajn & Steinwart 2024, Better by Default, section 3"},
    {.name = "range-test",
     .formula = "if(s < steps, end^(s/(steps - 1)), end)",
     .param = {{"end", 1e6, 1e-12, 1e12}, {"steps", 100, 2, MOST}},
     .meaning = "from 1 to end in so many steps, multiplied by the same number after each; what "
                "'chainrule train --find-learning-rate' goes through",
     .source = "Smith 2017, Cyclical Learning Rates, section 3.3; geometric instead of linear"},
};

const struct schedule_row *cr_schedule_row(int i)
{
    return i >= 0 && (size_t)i < LENGTH(rows) ? &rows[i] : NULL;
}

static int is_plateau(int row)
{
    return strcmp(rows[row].name, "plateau") == 0;
}

static int drops_by_epoch(int row)
{
    return strcmp(rows[row].name, "step") == 0;
}

cr_status cr_schedule_set(struct spec_schedule *out, int row, const struct spec_param *params,
                          size_t n, const struct source *src, cr_error *err)
{
    struct spec_schedule s = {.row = row, .given = 1};
    const cr_status status =
        cr_params_set(s.param, rows[row].param, rows[row].name, params, n, src, err);
    if (status == CR_OK)
        *out = s;
    return status;
}

/* The next word; its end. */
static const char *word(const char **at)
{
    *at += strspn(*at, " ,");
    return *at + strcspn(*at, " ,=");
}

static cr_status parse_setting(const char *name, const char *number, size_t n,
                               struct spec_param *param, size_t *n_params, size_t *warm_up,
                               cr_error *err)
{
    double v;
    if (!cr_parse_f64(number, n, &v))
        return cr_fail(err, CR_ERR_VALUE, "the schedule's %s is no number: '%.*s'", name,
                       n > 60 ? 60 : (int)n, number);
    if (strcmp(name, "warm-up") == 0) {
        if (!(v >= 0 && v <= MOST) || v != (double)(size_t)v)
            return cr_fail(err, CR_ERR_VALUE, "the warm-up is a number of steps, not %.*s",
                           n > 60 ? 60 : (int)n, number);
        *warm_up = (size_t)v;
        return CR_OK;
    }
    if (*n_params == TABLE_PARAMS)
        return cr_fail(err, CR_ERR_VALUE, "the schedule has too many settings");
    param[(*n_params)++] = (struct spec_param){.name = name, .value = v};
    return CR_OK;
}

cr_status cr_schedule_parse(const char *text, struct spec_schedule *out, cr_error *err)
{
    enum { NAME = 32 };
    char name[TABLE_PARAMS + 2][NAME];
    struct spec_param param[TABLE_PARAMS];
    struct spec_schedule s;
    size_t n_params = 0, warm_up = 0, words = 0;
    int row = -1;
    for (const char *end = word(&text); *text; text = end, end = word(&text)) {
        const size_t n = (size_t)(end - text);
        if (n == 0 || n >= NAME || words == LENGTH(name) || (words > 0) != (*end == '='))
            return cr_fail(err, CR_ERR_SYNTAX,
                           "a schedule is a name and settings, as in 'cosine warm-up=100'");
        char *to = name[words];
        memcpy(to, text, n);
        to[n] = '\0';
        if (words++ == 0) {
            const char *near = NULL;
            row = cr_schedule_find(to, &near);
            if (row < 0) {
                cr_fail(err, CR_ERR_UNKNOWN, "unknown schedule '%s'", to);
                cr_hint(err, near ? "did you mean '%s'?" : "see 'chainrule list schedules'", near);
                return CR_ERR_UNKNOWN;
            }
            continue;
        }
        const char *number = end + 1;
        end = number + strcspn(number, " ,");
        const cr_status status =
            parse_setting(to, number, (size_t)(end - number), param, &n_params, &warm_up, err);
        if (status != CR_OK)
            return status;
    }
    if (row < 0)
        return cr_fail(err, CR_ERR_SYNTAX, "the schedule's name is missing");
    const cr_status status = cr_schedule_set(&s, row, param, n_params, NULL, err);
    if (status != CR_OK)
        return status;
    s.warm_up = warm_up;
    *out = s;
    return CR_OK;
}

/* Variables of formulas; a row's parameters come after them. */
enum { VAR_S, VAR_N, VAR_T, VAR_EPOCH, VAR_DROPS, VARS };

cr_status cr_schedule_open(const struct spec_schedule *spec, struct schedule *out, cr_error *err)
{
    const struct schedule_row *row = &rows[spec->row];
    const char *var[VARS + TABLE_PARAMS] = {"s", "n", "t", "epoch", "drops"};
    size_t n = VARS;
    for (int i = 0; i < TABLE_PARAMS && row->param[i].name; i++)
        var[n++] = row->param[i].name;
    struct schedule s = {.spec = *spec};
    const cr_status status = cr_expr_parse(&s.arena, row->formula, strlen(row->formula), var, n,
                                           NULL, (struct place){0}, &s.formula, err);
    if (status != CR_OK)
        cr_arena_free(&s.arena);
    else
        *out = s;
    return status;
}

void cr_schedule_close(struct schedule *s)
{
    cr_arena_free(&s->arena);
}

static double variable(void *ctx, uint64_t ref)
{
    return ((const double *)ctx)[ref];
}

double cr_schedule_factor(const struct schedule *s, const struct schedule_at *at)
{
    const struct spec_schedule *o = &s->spec;
    const size_t warm = o->warm_up < at->steps ? o->warm_up : at->steps;
    const size_t step = at->step > warm ? at->step - warm : 0;
    const size_t steps = at->steps > warm ? at->steps - warm : 1;
    double v[VARS + TABLE_PARAMS];
    v[VAR_S] = (double)step;
    v[VAR_N] = (double)steps;
    v[VAR_T] = v[VAR_S] / v[VAR_N];
    v[VAR_EPOCH] = (double)at->epoch;
    v[VAR_DROPS] = (double)at->plateaus;
    if (drops_by_epoch(o->row))
        v[VAR_DROPS] = (double)(at->epoch / (size_t)o->param[0]);
    memcpy(v + VARS, o->param, sizeof o->param);
    const double factor = cr_expr_eval(s->formula, variable, v);
    return at->step < warm ? factor * (double)(at->step + 1) / (double)(warm + 1) : factor;
}

void cr_schedule_look(const struct schedule *s, struct plateau *p, double loss)
{
    const double patience = s->spec.param[1], threshold = s->spec.param[2];
    if (!is_plateau(s->spec.row))
        return;
    if (loss < p->lowest * (1 - threshold)) {
        p->lowest = loss;
        p->flat = 0;
    } else if ((double)++p->flat > patience) {
        p->count++;
        p->flat = 0;
    }
}
