#ifndef CLI_FIND_RATE_H
#define CLI_FIND_RATE_H

#include "chainrule/train.h"

/* Try learning rates; write the losses to `path`, as comma-separated values where it ends in .csv, else
 * as a drawing, and a suggestion to standard output. A code for run(). */
int cli_find_rate(const cr_table *table, const cr_fit_options *options, const char *path,
                  int quiet);

#endif
