/* Rendering an explanation: each writes all of it to `out`. Pieces end where `piece` says,
 * so that a class can be shown one at a time. */
#ifndef EXPLAIN_RENDER_H
#define EXPLAIN_RENDER_H

#include "base/arena.h"
#include "base/text.h"
#include "explain/steps.h"

/* A file beside what is rendered: a figure that Markdown names. */
struct beside {
    const char *name; /* in `names` */
    struct text text;
};

struct rendering {
    struct text *out;
    size_t columns; /* of text */
    size_t *piece;  /* [n_pieces] where each ends in out */
    size_t n_pieces, room;
    const char *figures; /* what the names of figures begin with; NULL: no files beside it */
    struct arena names;
    struct beside *beside; /* [n_beside] */
    size_t n_beside, beside_room;
    int failed;
};

void cr_rendering_free(struct rendering *r); /* but for `out` */

/* A new file beside it, named after its number; NULL when out of memory. */
struct beside *cr_render_beside(struct rendering *r, int number);

void cr_render_text(struct explanation *x, struct rendering *r);
void cr_render_markdown(struct explanation *x, struct rendering *r);
void cr_render_json(struct explanation *x, struct rendering *r);

/* End a piece here. */
void cr_render_piece(struct rendering *r);

/* `shown` as every format writes it: the value, and per cent where it is one. */
void cr_render_shown(struct text *out, const struct xstep *s, enum expr_style style);

/* The forms of a step's chain, printed, without repetitions: symbolic ones, then numbers put
 * in. Returns how many; each is freed by the caller with cr_text_free. */
enum { CHAIN_FORMS = SYMBOLIC_FORMS + 1 };
int cr_render_chain(const struct xstep *s, enum expr_style style, struct text form[CHAIN_FORMS]);

#endif
