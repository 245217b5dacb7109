/* The parts of report.html. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "base/error.h"
#include "base/text.h"
#include "chainrule/importance.h"
#include "chainrule/report.h"
#include "doc/chart.h"

struct page {
    struct text *out;
    const cr_model *model;
    const cr_table *table;
    const cr_outcome *outcome;
    const cr_report_options *options;
    const cr_evaluation *e;
    const cr_importance *importance;
    const char *part; /* whose figures are shown: "test", "validation" or "training" */
};

/* A paragraph in the manner of printf, escaped. */
void cr_page_text(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Lines to type, escaped. */
void cr_page_code(struct page *p, const char *s);

/* A drawing as a figure, with its words for those who do not see it (title, and description, which may be
 * NULL); the drawing is freed. */
void cr_page_figure(struct page *p, struct drawing *d, const char *id, const char *title,
                    const char *description, const char *caption);

/* report/page_figures.c */
void cr_page_curves(struct page *p);
void cr_page_residuals(struct page *p);
void cr_page_calibration(struct page *p);
void cr_page_importance(struct page *p);
void cr_page_gradients(struct page *p);

/* report/page_sections.c */
void cr_page_measures(struct page *p);
void cr_page_health(struct page *p);
void cr_page_data(struct page *p);
void cr_page_network(struct page *p);
cr_status cr_page_settings(struct page *p, cr_error *err);
void cr_page_usage(struct page *p);

#endif
