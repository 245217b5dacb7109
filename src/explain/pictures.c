/* Which figures stand in a narrative. */
#include <stdlib.h>

#include "doc/chart.h"
#include "explain/figure.h"
#include "explain/narrate.h"

enum { NODES = 12 }; /* a network of more gets no figure for each node */

int cr_teller_has_pictures(const struct teller *t)
{
    const struct paper *p = t->p;
    return p->kind->picture && (p->kind != &cr_paper_markdown || p->r->figures);
}

static size_t nodes(const struct explanation *x)
{
    size_t n = 0;
    for (size_t l = 0; l < x->net->spec->n_layers; l++)
        n += x->net->spec->layer[l].units;
    return n;
}

/* `caption` NULL: the title. */
static void tell(struct teller *t, struct figure_options how, struct text *caption)
{
    struct drawing d = {0};
    struct text title = {0}, words = {0};
    cr_figure_draw(t->x, &how, &d, &title, &words);
    if (!caption->len)
        cr_text_add(caption, cr_text_str(&title));
    t->p->kind->picture(t->p, &(struct picture){&d, cr_text_str(caption), cr_text_str(&title),
                                                cr_text_str(&words)});
    t->p->r->failed |= d.failed | title.failed | words.failed | caption->failed;
    cr_text_free(&title);
    cr_text_free(&words);
    cr_text_free(caption);
    cr_drawing_free(&d);
}

static void add_example(const struct teller *t, struct text *caption)
{
    if (t->x->trace->rows > 1)
        cr_text_add(caption, ", of example 1");
}

void cr_tell_network(struct teller *t)
{
    struct text caption = {0};
    if (!cr_teller_has_pictures(t) || t->x->why)
        return;
    cr_text_add(&caption, "The network and its weights");
    if (nodes(t->x) <= NODES)
        cr_text_add(&caption, ": positive ones in blue, negative ones in orange and dashed, "
                              "wider the larger they are");
    tell(t, (struct figure_options){.show = FIGURE_WEIGHTS, .step = -1}, &caption);
}

void cr_tell_values(struct teller *t, int pass, int deltas)
{
    struct text caption = {0};
    const int updates = t->x->trace->updates;
    if (!cr_teller_has_pictures(t) || t->x->why || t->x->matrix)
        return;
    cr_text_add(&caption, deltas ? "Activations and deltas" : "The values of the forward pass");
    if (!deltas && pass == updates)
        cr_text_printf(&caption, " after %d update%s", updates, updates == 1 ? "" : "s");
    add_example(t, &caption);
    tell(t,
         (struct figure_options){
             .show = deltas ? FIGURE_DELTAS : FIGURE_VALUES, .pass = pass, .step = -1},
         &caption);
}

void cr_tell_part(struct teller *t, const struct xstep *s)
{
    struct text caption = {0};
    if (!cr_teller_has_pictures(t) || t->x->why || t->x->matrix || nodes(t->x) > NODES || s->pass ||
        s->row || s->index == WHOLE || (s->phase != X_FORWARD && s->phase != X_BACKWARD))
        return;
    cr_text_add(&caption, "What ");
    cr_paper_symbol(t->p, &caption, s->symbol);
    cr_text_add(&caption, " is computed from");
    tell(t,
         (struct figure_options){.show = s->phase == X_BACKWARD ? FIGURE_DELTAS : FIGURE_VALUES,
                                 .step = (int)(s - t->x->step)},
         &caption);
}

void cr_tell_course(struct teller *t)
{
    const struct trace *trace = t->x->trace;
    const size_t n = (size_t)trace->updates + 1;
    if (!cr_teller_has_pictures(t) || t->x->why || trace->updates < 2)
        return;
    double *x = malloc(2 * n * sizeof *x), *y = x + n;
    if (!x) {
        t->p->r->failed = 1;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)i;
        y[i] = trace->value[i][cr_trace_at(trace, trace->tape->loss, 0, 0)];
    }
    struct drawing d = {0};
    struct text words = {0};
    char buf[32];
    cr_chart_draw(&d, &(struct chart){.x_label = "updates",
                                      .y_label = "loss",
                                      .n_series = 1,
                                      .series = {{"loss", x, y, n, .points = n <= 20}}});
    cr_text_printf(&words, "The loss after each of %d updates: first %s, ", trace->updates,
                   cr_shortest_f64(y[0], buf));
    cr_text_printf(&words, "last %s.", cr_shortest_f64(y[n - 1], buf));
    t->p->kind->picture(t->p, &(struct picture){&d, "The loss after each update",
                                                "The loss after each update", cr_text_str(&words)});
    t->p->r->failed |= d.failed | words.failed;
    cr_text_free(&words);
    cr_drawing_free(&d);
    free(x);
}
