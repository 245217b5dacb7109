#include "train/class_weights.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/csv.h"

static void balance(const uint32_t *class_of, size_t n, double *weight, size_t classes)
{
    for (size_t c = 0; c < classes; c++)
        weight[c] = 0;
    for (size_t i = 0; i < n; i++)
        weight[class_of[i]]++;
    for (size_t c = 0; c < classes; c++)
        weight[c] = weight[c] > 0 ? (double)n / ((double)classes * weight[c]) : 0;
}

static cr_status read_one(const struct csv *csv, size_t field, const struct classes *classes,
                          double *weight, cr_error *err)
{
    size_t n, equals;
    const char *s = cr_csv_text(csv, field, &n);
    double v;
    for (equals = n; equals > 0 && s[equals - 1] != '=';)
        equals--;
    if (equals == 0)
        return cr_csv_fail(csv, field, err, CR_ERR_SYNTAX, "CLASS=WEIGHT is needed");
    if (!cr_parse_f64(s + equals, n - equals, &v) || v < 0)
        return cr_csv_fail(csv, field, err, CR_ERR_VALUE, "a weight must be a number of 0 or more");
    const long class = cr_class_find(classes, s, equals - 1);
    if (class < 0) {
        char name[64];
        const size_t shown = equals - 1 < sizeof name - 1 ? equals - 1 : sizeof name - 1;
        memcpy(name, s, shown);
        name[shown] = '\0';
        const char *near = cr_suggest(name, classes->name, classes->n);
        cr_csv_fail(csv, field, err, CR_ERR_UNKNOWN, "there is no class '%s'", name);
        if (near)
            cr_hint(err, "did you mean '%s'?", near);
        return CR_ERR_UNKNOWN;
    }
    weight[class] = v;
    return CR_OK;
}

cr_status cr_class_weights(const char *text, const struct classes *classes,
                           const uint32_t *class_of, size_t n, double **out, cr_error *err)
{
    struct csv csv = {.name = "class weights",
                      .text = text,
                      .size = strlen(text),
                      .last = 1,
                      .next_line = 1,
                      .delimiter = ','};
    cr_status status = CR_OK;
    double *weight = malloc((classes->n + 1) * sizeof *weight);
    if (!weight)
        return cr_fail_memory(err);
    for (size_t c = 0; c < classes->n; c++)
        weight[c] = 1;
    if (!strcmp(text, "balanced"))
        balance(class_of, n, weight, classes->n);
    else if (cr_csv_next(&csv, &status, err) == CSV_ROW)
        for (size_t i = 0; status == CR_OK && i < csv.n; i++)
            status = read_one(&csv, i, classes, weight, err);
    cr_csv_free(&csv);
    if (status != CR_OK)
        free(weight);
    else
        *out = weight;
    return status;
}
