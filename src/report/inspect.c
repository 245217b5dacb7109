/* What a model is, as text and as JSON. */
#include <stdlib.h>
#include <string.h>

#include "chainrule/report.h"
#include "doc/escape.h"
#include "doc/json.h"
#include "formats/model_file.h"
#include "formats/network_file.h"
#include "net/net.h"
#include "report/write.h"

enum { SHOWN_CLASSES = 20, NAME = 24 };

/* A name in a column of its own. */
static void put_name(struct text *out, const char *name)
{
    const size_t from = out->len;
    cr_text_add(out, "  ");
    cr_escape_plain(out, name);
    const size_t used = cr_utf8_columns(cr_text_str(out) + from, out->len - from);
    cr_text_repeat(out, ' ', used < NAME ? NAME - used : 0);
    cr_text_add(out, "  ");
}

static void put_head(struct text *out, const cr_model *m)
{
    const struct prepare *p = &m->prepare;
    cr_text_add(out, p->task == CR_REGRESSION ? "regression of '" : "classification of '");
    cr_escape_plain(out, p->target);
    cr_text_addc(out, '\'');
    if (p->task == CR_REGRESSION && p->target_sd != 1)
        cr_text_printf(out, " (standardised: mean %.6g, standard deviation %.6g)", p->target_mean,
                       p->target_sd);
    cr_text_add(out, "\nwritten by chainrule ");
    cr_escape_plain(out, cr_model_version(m));
    cr_text_addc(out, '\n');
    for (size_t i = 0; i < p->classes.n && i < SHOWN_CLASSES; i++) {
        cr_text_add(out, i ? ", " : "classes: ");
        cr_escape_plain(out, p->classes.name[i]);
    }
    if (p->classes.n > SHOWN_CLASSES)
        cr_text_printf(out, " and %zu more", p->classes.n - SHOWN_CLASSES);
    if (p->classes.n)
        cr_text_addc(out, '\n');
}

static void put_network(struct text *out, const cr_model *m)
{
    const struct spec *s = m->net->spec;
    cr_text_printf(out, "\nnetwork: %zu inputs, %zu parameters, loss %s\n", s->n_inputs,
                   cr_layer_parameters(m->net, -1), cr_loss_row(s->loss.row)->name);
    for (size_t l = 0; l < s->n_layers; l++) {
        const struct spec_layer *layer = &s->layer[l];
        put_name(out, layer->name);
        cr_text_printf(out, "%s, %zu to %zu, ", cr_layer_kind_name(layer->kind),
                       cr_spec_fan_in(s, l), layer->units);
        cr_escape_plain(out, cr_activation_words(&layer->act));
        cr_text_printf(out, ", %zu parameters\n", cr_layer_parameters(m->net, (int)l));
    }
}

static void put_columns(struct text *out, const cr_model *m)
{
    const struct prepare *p = &m->prepare;
    cr_text_printf(out, "\ncolumns: %zu, which make %zu inputs, scaled %s\n", p->n_columns,
                   p->n_inputs, cr_scaling_name(p->scaling));
    for (size_t i = 0; i < p->n_columns; i++) {
        struct text words = {0};
        put_name(out, p->column[i].name);
        cr_prepare_describe(p, i, &words);
        cr_escape_plain(out, cr_text_str(&words));
        cr_text_addc(out, '\n');
        out->failed |= words.failed;
        cr_text_free(&words);
    }
}

static void put_record(void *ctx, const char *key, const char *value)
{
    struct text *out = ctx;
    put_name(out, key);
    cr_escape_plain(out, value);
    cr_text_addc(out, '\n');
}

static cr_status write_text(struct text *out, const cr_model *m, cr_error *err)
{
    put_head(out, m);
    put_network(out, m);
    put_columns(out, m);
    cr_text_add(out, "\ntraining\n");
    return cr_training_each(m, put_record, out, err);
}

static void json_layers(struct json *j, const cr_model *m)
{
    const struct spec *s = m->net->spec;
    cr_json_open(j, "layers", '[');
    for (size_t l = 0; l < s->n_layers; l++) {
        cr_json_open_inline(j, NULL, '{');
        cr_json_string(j, "name", s->layer[l].name);
        cr_json_string(j, "kind", cr_layer_kind_name(s->layer[l].kind));
        cr_json_int(j, "inputs", (int64_t)cr_spec_fan_in(s, l));
        cr_json_int(j, "units", (int64_t)s->layer[l].units);
        cr_json_string(j, "activation", cr_activation_words(&s->layer[l].act));
        cr_json_int(j, "parameters", (int64_t)cr_layer_parameters(m->net, (int)l));
        cr_json_close(j);
    }
    cr_json_close(j);
}

static cr_status write_json(struct text *out, const cr_model *m, cr_error *err)
{
    struct json j = {.out = out};
    struct text network = {0}, data = {0};
    char *training = cr_training_json(m);
    cr_network_file_write(m->net->spec, 0, &network);
    cr_prepare_write(&m->prepare, &data);
    if (training && !network.failed && !data.failed) {
        cr_json_open(&j, NULL, '{');
        cr_json_string(&j, "version", cr_model_version(m));
        cr_json_string(&j, "task",
                       m->prepare.task == CR_REGRESSION ? "regression" : "classification");
        cr_json_int(&j, "parameters", (int64_t)cr_layer_parameters(m->net, -1));
        json_layers(&j, m);
        cr_json_string(&j, "network", cr_text_str(&network));
        cr_json_raw(&j, "data", cr_text_str(&data));
        cr_json_raw(&j, "training", training);
        cr_json_close(&j);
    } else {
        out->failed = 1;
    }
    (void)err;
    free(training);
    cr_text_free(&network);
    cr_text_free(&data);
    return CR_OK;
}

cr_status cr_model_inspect(const cr_model *model, cr_report_format format, char **out, size_t *len,
                           cr_error *err)
{
    struct text text = {0};
    const cr_status status =
        format == CR_REPORT_JSON ? write_json(&text, model, err) : write_text(&text, model, err);
    if (status != CR_OK) {
        cr_text_free(&text);
        return status;
    }
    return cr_report_give(&text, out, len, err);
}
