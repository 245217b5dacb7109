/* What type a column has, from all of its cells. */
#ifndef DATA_TYPES_H
#define DATA_TYPES_H

#include "base/error.h"
#include "data/reader.h"
#include "data/table.h"

/* Must a column be kept in another way than it was read (or be read as numbers, so that the
 * cell that is none is named)? Changes the plan then. */
int cr_types_again(struct reader *r, const struct cr_table *t);

/* Settle every column's type, with the reason; what is ignored is freed. */
cr_status cr_types_settle(const struct counts *counts, struct cr_table *t, cr_error *err);

#endif
