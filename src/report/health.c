/* The health of a training as text and as JSON. */
#include <math.h>

#include "chainrule/report.h"
#include "doc/escape.h"
#include "doc/json.h"
#include "report/write.h"

static void put_finding(struct text *out, const cr_finding *f)
{
    cr_text_add(out, f->serious ? "  " : "  note: ");
    if (f->layer) {
        cr_text_add(out, "layer '");
        cr_escape_plain(out, f->layer);
        cr_text_add(out, "', ");
    }
    cr_text_printf(out, "epoch %zu: ", f->epoch);
    cr_escape_plain(out, f->text);
    cr_text_addc(out, '\n');
}

static void write_text(struct text *out, const cr_health *h)
{
    if (h->findings)
        cr_text_printf(out, "health: %zu finding%s", h->findings, h->findings == 1 ? "" : "s");
    else
        cr_text_add(out, "health: nothing found");
    cr_text_printf(out, " in %zu look%s at %zu training rows\n", h->looks, h->looks == 1 ? "" : "s",
                   h->rows);
    for (size_t i = 0; i < h->findings; i++)
        put_finding(out, &h->finding[i]);
}

static void json_layer(struct json *j, const cr_health_layer *l)
{
    cr_json_open_inline(j, NULL, '{');
    cr_json_string(j, "layer", l->name);
    cr_json_int(j, "units", (int64_t)l->units);
    cr_json_int(j, "dead", (int64_t)l->dead);
    cr_json_f64(j, "saturated", l->saturated);
    cr_json_f64(j, "output", l->output);
    cr_json_f64(j, "delta", l->delta);
    cr_json_f64(j, "gradient", l->gradient);
    cr_json_f64(j, "weight", l->weight);
    cr_json_f64(j, "update", l->update);
    cr_json_close(j);
}

static void json_finding(struct json *j, const cr_finding *f)
{
    cr_json_open_inline(j, NULL, '{');
    cr_json_string(j, "kind", f->kind);
    if (f->layer)
        cr_json_string(j, "layer", f->layer);
    cr_json_int(j, "epoch", (int64_t)f->epoch);
    cr_json_bool(j, "serious", f->serious);
    cr_json_string(j, "text", f->text);
    cr_json_close(j);
}

static void write_json(struct text *out, const cr_health *h)
{
    struct json j = {.out = out};
    cr_json_open(&j, NULL, '{');
    cr_json_int(&j, "rows", (int64_t)h->rows);
    cr_json_open(&j, "findings", '[');
    for (size_t i = 0; i < h->findings; i++)
        json_finding(&j, &h->finding[i]);
    cr_json_close(&j);
    cr_json_open(&j, "looks", '[');
    for (size_t k = 0; k < h->looks; k++) {
        cr_json_open(&j, NULL, '{');
        cr_json_int(&j, "epoch", (int64_t)h->look[k].epoch);
        cr_json_int(&j, "steps", (int64_t)h->look[k].steps);
        cr_json_f64(&j, "learning_rate", h->look[k].rate);
        cr_json_f64(&j, "loss", h->look[k].loss);
        cr_json_open(&j, "layers", '[');
        for (size_t l = 0; l < h->layers; l++)
            json_layer(&j, &h->look[k].layer[l]);
        cr_json_close(&j);
        cr_json_close(&j);
    }
    cr_json_close(&j);
    cr_json_close(&j);
}

cr_status cr_health_write(const cr_health *health, cr_report_format format, char **out, size_t *len,
                          cr_error *err)
{
    struct text text = {0};
    if (format == CR_REPORT_JSON)
        write_json(&text, health);
    else
        write_text(&text, health);
    return cr_report_give(&text, out, len, err);
}
