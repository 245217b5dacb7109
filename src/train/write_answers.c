#include "train/write_answers.h"

#include <math.h>
#include <string.h>

#include "data/number.h"
#include "formats/model_file.h"

enum { NPY_HEAD = 128 };

/* CSV */

/* A spreadsheet runs text that starts like this; numbers it does not run. */
static int is_formula(const char *s, size_t n)
{
    double v;
    return n > 0 && s[0] && strchr("=+-@\t\r", s[0]) && cr_cell_number(s, n, &v) > CELL_INFINITE;
}

/* A field of prefix, text and suffix. */
static void put_field(struct text *out, const char *prefix, const char *s, size_t n,
                      const char *suffix)
{
    const int formula = !*prefix && is_formula(s, n);
    int quote = n > 0 && (s[0] == ' ' || s[n - 1] == ' ');
    for (size_t i = 0; !quote && i < n; i++)
        quote = strchr(",;\"\t\r\n|", s[i]) != NULL;
    if (!quote && !formula && !*prefix && !*suffix) {
        cr_text_addn(out, s, n);
        return;
    }
    if (quote)
        cr_text_addc(out, '"');
    cr_text_add(out, prefix);
    if (formula)
        cr_text_addc(out, '\'');
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '"')
            cr_text_addc(out, '"');
        cr_text_addc(out, s[i]);
    }
    cr_text_add(out, suffix);
    if (quote)
        cr_text_addc(out, '"');
}

static void csv_head(const struct answers *a, struct text *out)
{
    for (size_t i = 0; i < a->n_kept; i++) {
        put_field(out, "", a->kept[i], strlen(a->kept[i]), "");
        cr_text_addc(out, ',');
    }
    cr_text_add(out, "prediction");
    for (size_t i = 0; i < cr_model_n_classes(a->model); i++) {
        const char *class = cr_model_class(a->model, i);
        cr_text_addc(out, ',');
        put_field(out, "p(", class, strlen(class), ")");
    }
    cr_text_addc(out, '\n');
}

static void csv_row(const struct answers *a, const float *outputs, double *probability,
                    const struct csv *row, struct text *out)
{
    const size_t classes = cr_model_n_classes(a->model);
    char buf[32];
    for (size_t i = 0; i < a->n_kept; i++) {
        size_t n;
        const char *s = cr_csv_text(row, i, &n);
        put_field(out, "", s, n, "");
        cr_text_addc(out, ',');
    }
    if (classes == 0) {
        cr_text_add(out, cr_shortest_f64(cr_model_number(a->model, outputs), buf));
    } else {
        const size_t best = cr_model_decide(a->model, outputs, probability);
        const char *name = cr_model_class(a->model, best);
        put_field(out, "", name, strlen(name), "");
    }
    for (size_t i = 0; i < classes; i++) {
        cr_text_addc(out, ',');
        cr_text_add(out, cr_shortest_f32((float)probability[i], buf));
    }
    cr_text_addc(out, '\n');
}

/* JSON */

/* What is not UTF-8 becomes U+FFFD. */
static void put_json(struct text *out, const char *s, size_t n)
{
    cr_text_addc(out, '"');
    for (size_t i = 0; i < n;) {
        unsigned code;
        const size_t step = cr_utf8_next(s + i, n - i, &code);
        if (code == '"' || code == '\\')
            cr_text_addc(out, '\\');
        if (code < 0x20 || code == 0x7F)
            cr_text_printf(out, "\\u%04x", code);
        else if (code == 0xFFFD && step == 1)
            cr_text_add(out, "\\ufffd");
        else
            cr_text_addn(out, s + i, step);
        i += step;
    }
    cr_text_addc(out, '"');
}

/* A number as JSON has it; null for what is none. */
static void put_number(struct text *out, double v, const char *shortest)
{
    cr_text_add(out, isfinite(v) ? shortest : "null");
}

static void put_class(const struct answers *a, size_t class, struct text *out)
{
    const char *name = cr_model_class(a->model, class);
    if (a->model->prepare.classes.value)
        cr_text_add(out, name);
    else
        put_json(out, name, strlen(name));
}

static void json_row(const struct answers *a, const float *outputs, double *probability,
                     const struct csv *row, struct text *out)
{
    const size_t classes = cr_model_n_classes(a->model);
    char buf[32];
    cr_text_addc(out, '{');
    for (size_t i = 0; i < a->n_kept; i++) {
        size_t n;
        const char *s = cr_csv_text(row, i, &n);
        put_json(out, a->kept[i], strlen(a->kept[i]));
        cr_text_addc(out, ':');
        put_json(out, s, n);
        cr_text_addc(out, ',');
    }
    cr_text_add(out, "\"prediction\":");
    if (classes == 0) {
        const double v = cr_model_number(a->model, outputs);
        put_number(out, v, cr_shortest_f64(v, buf));
    } else {
        put_class(a, cr_model_decide(a->model, outputs, probability), out);
        cr_text_add(out, ",\"p\":{");
    }
    for (size_t i = 0; i < classes; i++) {
        const char *name = cr_model_class(a->model, i);
        if (i > 0)
            cr_text_addc(out, ',');
        put_json(out, name, strlen(name));
        cr_text_addc(out, ':');
        put_number(out, probability[i], cr_shortest_f32((float)probability[i], buf));
    }
    cr_text_add(out, classes ? "}}\n" : "}\n");
}

/* NumPy: NEP 1 */

static void npy_head(const struct answers *a, size_t rows, struct text *out)
{
    const size_t classes = cr_model_n_classes(a->model), begin = out->len;
    cr_text_addn(out, "\x93NUMPY\x01\x00", 8);
    cr_text_addc(out, (char)(NPY_HEAD - 10));
    cr_text_addc(out, '\0');
    cr_text_printf(out, "{'descr': '%s', 'fortran_order': False, 'shape': (%zu,",
                   classes ? "<f4" : "<f8", rows);
    if (classes)
        cr_text_printf(out, " %zu", classes);
    cr_text_add(out, "), }");
    if (out->len < begin + NPY_HEAD)
        cr_text_repeat(out, ' ', begin + NPY_HEAD - 1 - out->len);
    cr_text_addc(out, '\n');
}

static void put_bytes(struct text *out, const void *value, size_t size)
{
    const unsigned char *b = value;
    const int one = 1;
    const int little = *(const unsigned char *)&one;
    for (size_t i = 0; i < size; i++)
        cr_text_addc(out, (char)b[little ? i : size - 1 - i]);
}

static void npy_row(const struct answers *a, const float *outputs, double *probability,
                    struct text *out)
{
    const size_t classes = cr_model_n_classes(a->model);
    if (classes == 0) {
        const double v = cr_model_number(a->model, outputs);
        put_bytes(out, &v, sizeof v);
        return;
    }
    cr_model_decide(a->model, outputs, probability);
    for (size_t i = 0; i < classes; i++) {
        const float p = (float)probability[i];
        put_bytes(out, &p, sizeof p);
    }
}

void cr_answers_head(const struct answers *a, size_t rows, struct text *out)
{
    if (a->format == CR_PREDICT_CSV)
        csv_head(a, out);
    else if (a->format == CR_PREDICT_NPY)
        npy_head(a, rows, out);
}

void cr_answers_row(const struct answers *a, const float *outputs, double *probability,
                    const struct csv *row, struct text *out)
{
    switch (a->format) {
    case CR_PREDICT_CSV: csv_row(a, outputs, probability, row, out); break;
    case CR_PREDICT_JSONL: json_row(a, outputs, probability, row, out); break;
    case CR_PREDICT_NPY: npy_row(a, outputs, probability, out); break;
    }
}
