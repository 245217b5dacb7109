/* What is told of a trained model's row: how it becomes the network's inputs, and what the outputs
 * say. */
#include <stdio.h>
#include <string.h>

#include "chainrule/model.h"
#include "explain/narrate.h"

enum { MOST = 24 }; /* inputs that are told one by one */

static void add_name(struct teller *t, const char *before, const char *name, const char *after)
{
    cr_text_add(&t->t, before);
    cr_paper_name(t->p, &t->t, name);
    cr_text_add(&t->t, after);
}

/* What scaling is, once. */
static void tell_scaling(struct teller *t)
{
    static const char constant[] = " What was the same in all rows trained on becomes 0.";
    static const char *const words[] = {
        [CR_SCALING_ROBUST] =
            "r is the table's cell as a number; q is r minus the median of the rows trained on, "
            "times 1 over their interquartile range (2 over their range where that is 0); the "
            "input is q, smoothly clipped so that no outlier takes it beyond 3.",
        [CR_SCALING_STANDARD] =
            "r is the table's cell as a number; the input is r minus the mean of "
            "the rows trained on, times 1 over their standard deviation.",
        [CR_SCALING_MIN_MAX] = "r is the table's cell as a number; the input is r brought to where "
                               "the rows trained on lie between minus 1 and 1.",
        [CR_SCALING_NONE] = "Each is the table's cell as a number."};
    const cr_preparation *p = t->x->preparation;
    cr_text_printf(&t->t, "The row's %zu column%s become%s %zu input%s of the network. ",
                   p->columns, p->columns == 1 ? "" : "s", p->columns == 1 ? "s" : "", p->n,
                   p->n == 1 ? "" : "s");
    add_name(t, "", words[p->scaling], p->scaling == CR_SCALING_NONE ? "" : constant);
    cr_tell_paragraph(t);
}

/* "age: the number; the table has 30" */
static void label_input(struct teller *t, const cr_prepared *in)
{
    add_name(t, "", in->input, "");
    add_name(t, ": ", in->meaning, "; ");
    if (in->cell)
        add_name(t, "the table has ", in->cell, "");
    else
        cr_text_add(&t->t, in->filled ? "the table has no value; the median "
                                        "stands for it"
                                      : "the table has no value");
    if (in->scale == 0)
        cr_text_add(&t->t, "; the same in all rows trained on");
    t->p->kind->label(t->p, cr_text_str(&t->t));
    cr_text_clear(&t->t);
}

static void write_steps(struct teller *t, const struct xstep *s, size_t n)
{
    int footnote = 0;
    t->p->kind->begin_steps(t->p, 1);
    for (size_t i = 0; i < n; i++) {
        t->p->kind->step(t->p, &s[i]);
        footnote |= s[i].unrounded;
    }
    t->p->kind->end_steps(t->p, footnote);
}

/* The steps from `i` that lead to the same input, or to the target (index WHOLE). */
static size_t run_end(const struct explanation *x, size_t i)
{
    const long index = x->prepare[i].index;
    while (i < x->n_prepare && x->prepare[i].index == index)
        i++;
    return i;
}

static void tell_target(struct teller *t, size_t from)
{
    const struct explanation *x = t->x;
    add_name(t, "The target, ", cr_model_target(x->preparation->model), "");
    add_name(t, ": the table has ", x->preparation->label,
             from + 1 < x->n_prepare ? "" : "; the same in all rows trained on");
    t->p->kind->label(t->p, cr_text_str(&t->t));
    cr_text_clear(&t->t);
    write_steps(t, x->prepare + from, x->n_prepare - from);
}

void cr_tell_row(struct teller *t)
{
    const struct explanation *x = t->x;
    size_t i = 0, told = 0, left = 0;
    if (!x->n_prepare)
        return;
    t->p->kind->heading(t->p, 2, "From the table to the network");
    tell_scaling(t);
    for (size_t end; i < x->n_prepare && x->prepare[i].index != WHOLE; i = end) {
        end = run_end(x, i);
        if (told == MOST) {
            left++;
            continue;
        }
        label_input(t, &x->preparation->input[x->prepare[i].index]);
        write_steps(t, x->prepare + i, end - i);
        told++;
    }
    if (left) {
        cr_text_printf(&t->t, "And %zu more input%s, in the same way.", left, left == 1 ? "" : "s");
        cr_tell_paragraph(t);
    }
    if (i < x->n_prepare)
        tell_target(t, i);
}

/* "Over 0.5 the answer is yes, else no: yes." */
static void add_one_output(struct teller *t)
{
    const cr_preparation *p = t->x->preparation;
    cr_text_printf(&t->t, "With an output over %g the answer is ", p->threshold);
    add_name(t, "", cr_model_class(p->model, 1), "");
    add_name(t, ", else ", cr_model_class(p->model, 0), "");
    add_name(t, ". Here it is ", t->x->decision, ".");
}

void cr_tell_answer(struct teller *t)
{
    const struct explanation *x = t->x;
    const cr_preparation *p = x->preparation;
    if (!x->answer && !x->decision)
        return;
    t->p->kind->heading(t->p, 2, "The answer");
    if (x->decision) {
        if (x->net->spec->n_outputs > 1)
            add_name(t, "The largest output is that of ", x->decision, ", which is the answer.");
        else
            add_one_output(t);
    } else if (p->exponential) {
        cr_text_add(&t->t, "The answer is e to the output.");
    } else if (p->mean != 0 || p->sd != 1) {
        cr_text_add(&t->t, "In the target's own units: the output times the standard deviation of "
                           "the rows trained on, plus their mean.");
    } else {
        cr_text_add(&t->t, "The answer is the output.");
    }
    cr_tell_paragraph(t);
    if (x->answer)
        write_steps(t, x->answer, 1);
}
