/* chainrule train --find-learning-rate. */
#include "find_rate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chainrule/report.h"
#include "cli.h"

static int ends_in(const char *s, const char *ending)
{
    const size_t n = strlen(s), m = strlen(ending);
    return n >= m && strcmp(s + n - m, ending) == 0;
}

static void print(const cr_rate_search *s)
{
    const cr_rate_point *last = &s->point[s->n - 1];
    size_t lowest = 0;
    for (size_t i = 1; i < s->n; i++)
        if (s->point[i].smoothed < s->point[lowest].smoothed)
            lowest = i;
    printf("%zu steps, learning rates from %.3g to %.3g%s\n", s->n, s->point[0].rate, last->rate,
           s->diverged ? ", where the loss became too high" : "");
    printf("smoothed loss: %.4g at first, lowest %.4g at %.3g\n", s->point[0].smoothed,
           s->point[lowest].smoothed, s->point[lowest].rate);
    if (s->chosen < s->n)
        printf("suggested: --learning-rate %.2g, where it falls fastest\n", s->suggested);
    else
        printf("no suggestion: it falls nowhere\n");
}

int cli_find_rate(const cr_table *table, const cr_fit_options *options, const char *path, int quiet)
{
    const cr_rate_format format = ends_in(path, ".csv") ? CR_RATE_CSV : CR_RATE_SVG;
    cr_rate_search *search;
    cr_error err = {0};
    char *text = NULL;
    size_t len;
    if (cr_model_rate_search(table, options, NULL, &search, &err) != CR_OK)
        return cli_fail(&err);
    int code = CLI_DONE;
    if (cli_interrupted())
        code = CLI_INTERRUPTED;
    else if (cr_rate_search_write(search, format, &text, &len, &err) != CR_OK)
        code = cli_fail(&err);
    else
        code = cli_write(path, text, len);
    if (code == CLI_DONE && !quiet) {
        print(search);
        printf("wrote %s\n", path);
    }
    cr_report_free(text);
    cr_rate_search_free(search);
    return code;
}
