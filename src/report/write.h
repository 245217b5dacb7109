/* What the writers of reports share. */
#ifndef REPORT_WRITE_H
#define REPORT_WRITE_H

#include "base/error.h"
#include "base/text.h"
#include "chainrule/evaluate.h"
#include "net/net.h"

/* Hand a finished text over: *out is freed with cr_report_free, and text is empty afterwards. */
cr_status cr_report_give(struct text *text, char **out, size_t *len, cr_error *err);

/* A figure for people: five significant digits, and no exponent where it has up to seven digits. */
enum { FIGURE = 32 };
const char *cr_figure(double v, char buf[FIGURE]);

/* What a layer's activation is called. */
const char *cr_activation_words(const struct activation *a);

/* How many parameters a layer has; -1: the whole network. */
size_t cr_layer_parameters(const cr_net *net, int layer);

/* The most frequent wrong answer (a place of the confusion matrix) after that at `last_at` with the
 * weight `last`; begin with INFINITY and 0. SIZE_MAX: there is no other. */
size_t cr_next_confusion(const cr_evaluation *e, double last, size_t last_at);

#endif
