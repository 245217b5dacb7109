/* Line charts. */
#ifndef DOC_CHART_H
#define DOC_CHART_H

#include "doc/drawing.h"

enum { CHART_SERIES = 4 }; /* as many as can be told apart by colour, dash and name */

struct series {
    const char *name;
    const double *x, *y; /* [n]; NaN, and what is beyond 1e300, is a gap */
    size_t n;
    int points; /* mark each with a dot: for few */
};

struct chart {
    const char *x_label, *y_label;
    int log_x, log_y; /* values that are not above 0 are gaps */
    size_t n_series;
    struct series series[CHART_SERIES];
    double width, height; /* 0: 560 by 320 */
};

/* Draw it; the size of the drawing is set. Where there is nothing to draw it says so. */
void cr_chart_draw(struct drawing *d, const struct chart *chart);

#endif
