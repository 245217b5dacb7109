#include "report/write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "chainrule/report.h"

cr_status cr_report_give(struct text *text, char **out, size_t *len, cr_error *err)
{
    if (text->failed || !text->s) {
        cr_text_free(text);
        return cr_fail_memory(err);
    }
    *out = text->s;
    if (len)
        *len = text->len;
    *text = (struct text){0};
    return CR_OK;
}

void cr_report_free(char *text)
{
    free(text);
}

const char *cr_figure(double v, char buf[FIGURE])
{
    const int whole = fabs(v) >= 1e5 && fabs(v) < 1e7;
    snprintf(buf, FIGURE, whole ? "%.0f" : "%.5g", v);
    return buf;
}

const char *cr_activation_words(const struct activation *a)
{
    return a->row >= 0 ? cr_activation_row(a->row)->name : a->text;
}

size_t cr_layer_parameters(const cr_net *net, int layer)
{
    size_t n = 0;
    for (size_t i = 0; i < cr_net_n_groups(net); i++)
        if ((layer < 0 || net->param[i].layer == layer) && cr_param_has_gradient(&net->param[i]))
            n += net->param[i].rows * net->param[i].cols;
    return n;
}

size_t cr_next_confusion(const cr_evaluation *e, double last, size_t last_at)
{
    const size_t n = e->answers.classes;
    double best = 0;
    size_t at = SIZE_MAX;
    for (size_t c = 0; c < n * n; c++) {
        const double v = c / n == c % n ? 0 : e->confusion[c];
        if (v > best && (v < last || (v == last && c > last_at)))
            best = v, at = c;
    }
    return at;
}
