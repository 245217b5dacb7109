#include "fuzz/targets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chainrule/file.h"
#include "data/prepare.h"
#include "data/split.h"
#include "formats/model_file.h"
#include "formats/network_file.h"
#include "fuzz/mend.h"
#include "net/net.h"

enum { MOST_ROWS = 200 };

void must(int ok, const char *what)
{
    if (!ok) {
        (void)fprintf(stderr, "fuzzing: %s\n", what);
        abort();
    }
}

void check_error(cr_status status, const cr_error *err)
{
    must(status == CR_OK || (err->code == status && *err->message), "an error without a message");
}

static void check_cells(const cr_table *t)
{
    for (size_t i = 0; i < cr_table_columns(t); i++) {
        const cr_column c = cr_table_column(t, i);
        size_t missing = 0;
        must(*c.name && cr_column_type_name(c.type) && *c.why, "a column without name or type");
        for (size_t row = 0; row < cr_table_rows(t); row++) {
            char buf[40];
            const char *text = cr_table_cell(t, row, i, buf);
            missing += !text;
            must(!c.value || isnan(c.value[row]) || isfinite(c.value[row]), "an infinite cell");
            must(!c.code || c.code[row] == CR_MISSING || c.code[row] < c.levels, "a level too far");
            must(!text || c.code || strlen(text) < sizeof buf, "a cell that is too long");
        }
        must((!c.value && !c.code) || missing == c.missing, "missing cells are miscounted");
    }
}

/* Robust scaling gives finite numbers, whatever the table holds. */
static void prepare_all(const cr_table *t)
{
    const size_t rows = t->rows < MOST_ROWS ? t->rows : MOST_ROWS;
    size_t column[64], row[MOST_ROWS], n = 0, input;
    struct prepare p = {0};
    struct prepare_table b;
    for (size_t i = 0; i < t->cols && n < 64; i++)
        if (!cr_column_is_ignored(&t->column[i]) && t->column[i].role == CR_ROLE_INPUT)
            column[n++] = i;
    for (size_t i = 0; i < rows; i++)
        row[i] = i;
    if (cr_prepare_fit(&p, t, column, n, row, rows, CR_SCALING_ROBUST, NULL) == CR_OK &&
        cr_prepare_bind(&p, t, &b, NULL) == CR_OK) {
        float *out = calloc(rows * p.n_inputs + 1, sizeof *out);
        must(cr_prepare_rows(&b, NULL, row, 0, rows, out, &input) == rows, "a row is refused");
        for (size_t i = 0; i < rows * p.n_inputs; i++)
            must(isfinite(out[i]) && fabsf(out[i]) <= 3, "an input beyond 3");
        free(out);
        cr_prepare_unbind(&b);
    }
    cr_prepare_free(&p);
}

/* Files of every format that a table is read from. */
static void run_table(const unsigned char *bytes, size_t size)
{
    static const cr_table_options options[] = {
        {.threads = 1},
        {.threads = 1, .label = "y", .label_optional = 1, .types = "x=category"},
        {.threads = 1, .header = -1},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        cr_table *t = NULL;
        cr_error err = {0};
        const cr_status status =
            cr_table_parse("t", (const char *)bytes, size, &options[i], &t, &err);
        check_error(status, &err);
        must((status == CR_OK) == (t != NULL), "a table beside an error");
        if (!t)
            continue;
        check_cells(t);
        prepare_all(t);
        cr_table_free(t);
    }
}

/* As it is, and with the checksums that it should have: else nothing lies behind them. */
static void run_npz(const unsigned char *bytes, size_t size)
{
    run_table(bytes, size);
    unsigned char *mended = mend_zip(bytes, size);
    if (mended)
        run_table(mended, size);
    free(mended);
}

/* As it is, and compressed. */
static void run_idx(const unsigned char *bytes, size_t size)
{
    size_t n;
    run_table(bytes, size);
    unsigned char *packed = gzip(bytes, size, &n);
    run_table(packed, n);
    free(packed);
}

static void run_model(const unsigned char *bytes, size_t size)
{
    cr_model *m = NULL;
    cr_error err = {0};
    const cr_status status = cr_model_parse("m", bytes, size, &m, &err);
    check_error(status, &err);
    if (!m)
        return;
    struct text data = {0};
    struct prepare back;
    cr_prepare_write(&m->prepare, &data);
    must(cr_prepare_read(cr_text_str(&data), "m", &back, NULL) == CR_OK, "columns read only once");
    must(back.n_inputs == m->prepare.n_inputs, "columns change when they are written");
    cr_prepare_free(&back);
    cr_text_free(&data);
    cr_model_free(m);
}

static void run_network_file(const unsigned char *bytes, size_t size)
{
    struct spec *s = NULL, *back = NULL;
    struct text text = {0};
    cr_error err = {0};
    const cr_status status =
        cr_network_file_read((const char *)bytes, size, "n", 1 << 20, &s, &err);
    check_error(status, &err);
    if (s) {
        cr_network_file_write(s, 1, &text);
        must(cr_network_file_read(cr_text_str(&text), text.len, "n", 1 << 21, &back, &err) == CR_OK,
             err.message);
    }
    cr_text_free(&text);
    cr_spec_free(back);
    cr_spec_free(s);
    if (status != CR_OK)
        return;
    const cr_load_options small = {.max_memory = 1 << 20};
    cr_net *net = NULL;
    err = (cr_error){0};
    const cr_status made = cr_net_load_memory((const char *)bytes, size, "n", &small, &net, &err);
    check_error(made, &err);
    must((made == CR_OK) == (net != NULL), "a network beside an error");
    cr_net_free(net);
}

const struct fuzz_target fuzz_targets[] = {
    {"table", run_table},
    {"npy", run_table},
    {"npz", run_npz},
    {"idx", run_idx},
    {"model", run_model},
    {"checkpoint", fuzz_checkpoint},
    {"network-file", run_network_file},
    {"audit", fuzz_audit},
    {0},
};
