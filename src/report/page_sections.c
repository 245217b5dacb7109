/* The parts of report.html that are words and tables. */
#include <math.h>
#include <string.h>

#include "doc/escape.h"
#include "formats/model_file.h"
#include "net/net.h"
#include "report/cells.h"
#include "report/page.h"
#include "report/write.h"

enum { MATRIX = 20, PAIRS = 20, COLUMNS = 200, LEVELS = 5 };

static void number(struct cells *t, double v)
{
    char buf[FIGURE];
    cr_cell(t, "%s", isnan(v) ? "\u2013" : cr_figure(v, buf));
}

/* What each metric is. */
static void put_definitions(struct page *p)
{
    cr_text_add(p->out, "<ul class=\"note\">\n");
    for (size_t i = 0; i < p->e->n_metrics; i++) {
        const cr_metric_info *m = cr_metric_at(p->e->metric[i].metric.index);
        struct text words = {0};
        cr_text_printf(&words, "%s (%s is better): %s", m->title, m->higher ? "higher" : "lower",
                       m->formula);
        cr_html_element(p->out, "li", NULL, cr_text_str(&words));
        p->out->failed |= words.failed;
        cr_text_free(&words);
    }
    cr_text_add(p->out, "</ul>\n");
}

static void put_metrics(struct page *p)
{
    struct cells t = {0};
    cr_cell(&t, "metric");
    cr_cell(&t, "value");
    cr_cell(&t, "95 %% interval");
    for (size_t i = 0; i < p->e->n_metrics; i++) {
        const cr_metric_value *v = &p->e->metric[i];
        const cr_metric_info *m = cr_metric_at(v->metric.index);
        char low[FIGURE], high[FIGURE];
        if (m->parameter)
            cr_cell(&t, "%s, %s %g", m->title, m->parameter, v->metric.parameter);
        else
            cr_cell(&t, "%s", m->title);
        if (isnan(v->value))
            cr_cell(&t, "undefined: %s", v->why);
        else
            number(&t, v->value);
        if (isnan(v->low))
            cr_cell(&t, "%s", "");
        else
            cr_cell(&t, "%s to %s", cr_figure(v->low, low), cr_figure(v->high, high));
    }
    cr_cells_write(&t, p->out, NULL, 3);
    put_definitions(p);
}

static void put_matrix(struct page *p)
{
    const cr_answers *a = &p->e->answers;
    struct cells t = {0};
    cr_cell(&t, "right class");
    for (size_t k = 0; k < a->classes; k++)
        cr_cell(&t, "%s", a->class_names[k]);
    for (size_t i = 0; i < a->classes; i++) {
        cr_cell(&t, "%s", a->class_names[i]);
        for (size_t k = 0; k < a->classes; k++)
            cr_cell(&t, "%.6g", p->e->confusion[i * a->classes + k]);
    }
    cr_cells_write(&t, p->out, "Confusion matrix: how many rows of each class got each answer",
                   a->classes + 1);
}

/* Of many classes, what was confused most. */
static void put_pairs(struct page *p)
{
    const cr_answers *a = &p->e->answers;
    struct cells t = {0};
    double last = INFINITY;
    size_t at = 0;
    cr_cell(&t, "right class");
    cr_cell(&t, "answer");
    cr_cell(&t, "rows");
    for (int n = 0; n < PAIRS; n++) {
        at = cr_next_confusion(p->e, last, at);
        if (at == SIZE_MAX)
            break;
        last = p->e->confusion[at];
        cr_cell(&t, "%s", a->class_names[at / a->classes]);
        cr_cell(&t, "%s", a->class_names[at % a->classes]);
        cr_cell(&t, "%.6g", last);
    }
    cr_cells_write(&t, p->out, "The most frequent wrong answers", 3);
}

void cr_page_measures(struct page *p)
{
    cr_html_element(p->out, "h2", NULL, "How good it is");
    put_metrics(p);
    if (p->e->answers.task == CR_REGRESSION) {
        cr_html_element(p->out, "h3", NULL, "Where it errs");
        cr_page_residuals(p);
        return;
    }
    cr_html_element(p->out, "h3", NULL, "Which classes it confuses");
    if (p->e->answers.classes <= MATRIX)
        put_matrix(p);
    else
        put_pairs(p);
    if (p->e->calibration) {
        cr_html_element(p->out, "h3", NULL, "How sure it is");
        cr_page_calibration(p);
    }
}

static void put_layers(struct page *p, const cr_health *h)
{
    const cr_health_look *last = &h->look[h->looks - 1];
    struct cells t = {0};
    static const char *const heads[] = {"layer",        "units",    "dead units",     "saturated",
                                        "output (rms)", "gradient", "update / weight"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        cr_cell(&t, "%s", heads[i]);
    for (size_t l = 0; l < h->layers; l++) {
        const cr_health_layer *s = &last->layer[l];
        cr_cell(&t, "%s", s->name);
        cr_cell(&t, "%zu", s->units);
        cr_cell(&t, "%zu", s->dead);
        if (isnan(s->saturated))
            number(&t, NAN);
        else
            cr_cell(&t, "%.1f %%", 100 * s->saturated);
        number(&t, s->output);
        number(&t, s->gradient);
        number(&t, s->update);
    }
    cr_cells_write(&t, p->out, "The layers at the last look", sizeof heads / sizeof *heads);
}

void cr_page_health(struct page *p)
{
    const cr_health *h = p->outcome->health;
    cr_html_element(p->out, "h3", NULL, "Health");
    if (!h) {
        cr_page_text(
            p, "Not looked at: the network is too large to keep all its values, or no epoch was "
               "complete.");
        return;
    }
    cr_page_text(p, "%zu finding%s in %zu look%s at %zu training rows.", h->findings,
                 h->findings == 1 ? "" : "s", h->looks, h->looks == 1 ? "" : "s", h->rows);
    if (h->findings)
        cr_text_add(p->out, "<ul>\n");
    for (size_t i = 0; i < h->findings; i++) {
        const cr_finding *f = &h->finding[i];
        struct text words = {0};
        if (f->layer)
            cr_text_printf(&words, "Layer %s, epoch %zu: %s", f->layer, f->epoch, f->text);
        else
            cr_text_printf(&words, "Epoch %zu: %s", f->epoch, f->text);
        cr_html_element(p->out, "li", NULL, cr_text_str(&words));
        p->out->failed |= words.failed;
        cr_text_free(&words);
    }
    if (h->findings)
        cr_text_add(p->out, "</ul>\n");
    cr_page_gradients(p);
    put_layers(p, h);
}

/* The least and the largest value, or the first levels. */
static void put_values(struct page *p, struct cells *t, size_t column)
{
    const cr_column c = cr_table_column(p->table, column);
    const size_t rows = cr_table_rows(p->table);
    char low[64], high[64];
    size_t first = rows, last = rows;
    struct text words = {0};
    for (size_t i = 0; c.value && i < rows; i++) {
        if (isnan(c.value[i]))
            continue;
        if (first == rows || c.value[i] < c.value[first])
            first = i;
        if (last == rows || c.value[i] > c.value[last])
            last = i;
    }
    if (first < rows) {
        const char *a = cr_table_cell(p->table, first, column, low);
        const char *b = cr_table_cell(p->table, last, column, high);
        cr_text_printf(&words, first == last ? "%s" : "%s to %s", a ? a : "", b ? b : "");
    } else if (c.code) {
        cr_text_printf(&words, "%zu different: ", c.levels);
        for (size_t i = 0; i < c.levels && i < LEVELS; i++)
            cr_text_printf(&words, "%s%s", i ? ", " : "", c.level[i]);
        if (c.levels > LEVELS)
            cr_text_add(&words, ", ...");
    }
    cr_cell(t, "%s", cr_text_str(&words));
    t->failed |= words.failed;
    cr_text_free(&words);
}

/* What becomes of a column. */
static void put_use(struct page *p, struct cells *t, const cr_column *c)
{
    static const char *const roles[] = {
        [CR_ROLE_INPUT] = "not used",
        [CR_ROLE_LABEL] = "what is predicted",
        [CR_ROLE_GROUP] = "rows with the same value stay together",
        [CR_ROLE_WEIGHT] = "how much a row counts",
        [CR_ROLE_ORDER] = "the rows' order",
    };
    const struct prepare *prepare = &p->model->prepare;
    struct text words = {0};
    size_t i = 0;
    while (i < prepare->n_columns && strcmp(prepare->column[i].name, c->name) != 0)
        i++;
    if (i < prepare->n_columns)
        cr_prepare_describe(prepare, i, &words);
    else
        cr_text_add(&words, roles[c->role]);
    cr_cell(t, "%s", cr_text_str(&words));
    t->failed |= words.failed;
    cr_text_free(&words);
}

void cr_page_data(struct page *p)
{
    const size_t n = cr_table_columns(p->table), shown = n < COLUMNS ? n : COLUMNS;
    struct cells t = {0};
    cr_html_element(p->out, "h2", NULL, "The data");
    cr_page_text(p,
                 "%zu rows, %zu columns. Centres, scales and fills are those of the training rows.",
                 cr_table_rows(p->table), n);
    static const char *const heads[] = {"column", "type", "missing", "values", "for the network"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        cr_cell(&t, "%s", heads[i]);
    for (size_t i = 0; i < shown; i++) {
        const cr_column c = cr_table_column(p->table, i);
        const char *type = cr_column_type_name(c.type);
        cr_cell(&t, "%s", c.name);
        cr_cell(&t, "%s", type ? type : "");
        cr_cell(&t, "%zu", c.missing);
        put_values(p, &t, i);
        put_use(p, &t, &c);
    }
    cr_cells_write(&t, p->out, NULL, sizeof heads / sizeof *heads);
    if (shown < n)
        cr_page_text(p, "And %zu more.", n - shown);
}

void cr_page_network(struct page *p)
{
    const cr_net *net = p->model->net;
    const struct spec *s = net->spec;
    struct cells t = {0};
    cr_html_element(p->out, "h2", NULL, "The network");
    static const char *const heads[] = {"layer", "kind",       "inputs",
                                        "units", "activation", "parameters"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        cr_cell(&t, "%s", heads[i]);
    for (size_t l = 0; l < s->n_layers; l++) {
        const struct spec_layer *layer = &s->layer[l];
        cr_cell(&t, "%s", layer->name);
        cr_cell(&t, "%s", cr_layer_kind_name(layer->kind));
        cr_cell(&t, "%zu", cr_spec_fan_in(s, l));
        cr_cell(&t, "%zu", layer->units);
        cr_cell(&t, "%s", cr_activation_words(&layer->act));
        cr_cell(&t, "%zu", cr_layer_parameters(net, (int)l));
    }
    cr_cells_write(&t, p->out, NULL, sizeof heads / sizeof *heads);
    cr_page_text(p, "%zu parameters; the loss is %s.", cr_layer_parameters(net, -1),
                 cr_loss_row(s->loss.row)->name);
}

static void put_setting(void *ctx, const char *key, const char *value)
{
    struct cells *t = ctx;
    cr_cell(t, "%s", key);
    cr_cell(t, "%s", value);
}

cr_status cr_page_settings(struct page *p, cr_error *err)
{
    struct cells t = {0};
    cr_html_element(p->out, "h2", NULL, "Settings and record");
    cr_cell(&t, "setting");
    cr_cell(&t, "value");
    const cr_status status = cr_training_each(p->model, put_setting, &t, err);
    cr_cells_write(&t, p->out, NULL, 2);
    return status;
}

/* A word of a shell command. */
static void put_word(struct text *out, const char *s)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-";
    if (*s && *s != '-' && strspn(s, plain) == strlen(s)) {
        cr_text_add(out, s);
        return;
    }
    cr_text_add(out, *s == '-' ? "./'" : "'");
    for (; *s; s++) {
        if (*s == '\'')
            cr_text_add(out, "'\\''");
        else
            cr_text_addc(out, *s);
    }
    cr_text_addc(out, '\'');
}

/* A string of C. */
static void put_string(struct text *out, const char *s)
{
    cr_text_addc(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\' || *s == '?')
            cr_text_addc(out, '\\');
        cr_text_addc(out, *s);
    }
    cr_text_addc(out, '"');
}

void cr_page_usage(struct page *p)
{
    const char *model = p->options->model ? p->options->model : "model.safetensors";
    struct text shell = {0}, c = {0};
    static const char *const commands[] = {"predict", "evaluate"};
    for (size_t i = 0; i < 2; i++) {
        cr_text_printf(&shell, "chainrule %s ", commands[i]);
        put_word(&shell, model);
        cr_text_add(&shell, i ? " test.csv\n" : " new.csv -o answers.csv\n");
    }
    cr_text_add(&c, "#include <chainrule/chainrule.h>\n\ncr_model *model;\ncr_error err;\n"
                    "if (cr_model_load(");
    put_string(&c, model);
    cr_text_add(&c, ", &model, &err) == CR_OK) {\n"
                    "    cr_model_predict(model, \"new.csv\", NULL, stdout, NULL, &err);\n"
                    "    cr_model_free(model);\n}\n");
    cr_html_element(p->out, "h2", NULL, "How to use it");
    cr_html_element(p->out, "h3", NULL, "From the shell");
    cr_page_code(p, cr_text_str(&shell));
    cr_page_text(p,
                 "Columns are found by name. Missing values and unknown categories are allowed.");
    cr_html_element(p->out, "h3", NULL, "From C");
    cr_page_code(p, cr_text_str(&c));
    p->out->failed |= shell.failed | c.failed;
    cr_text_free(&shell);
    cr_text_free(&c);
}
