/* Tables from inputs of any format. */
#ifndef DATA_READ_H
#define DATA_READ_H

#include "data/input.h"
#include "data/table.h"

/* *is: 1 for a binary format, which is read as a whole; 0 for CSV. Before anything is read. */
cr_status cr_input_is_arrays(struct input *in, int *is, cr_error *err);

/* As cr_table_read; `in` is taken over, also on failure. path (or NULL) serves to find the labels
 * beside a file of images. */
cr_status cr_input_table(struct input *in, const char *path, const cr_table_options *options,
                         cr_table **out, cr_error *err);

#endif
