/* What a training leaves beside its model: the health on the screen, and report.html. */
#ifndef CLI_REPORT_FILE_H
#define CLI_REPORT_FILE_H

#include "chainrule/report.h"

/* Where the report goes for a model file: beside it, with ".report.html" in place of ".safetensors".
 * Allocated; NULL where the model goes to a device or a pipe, or there is no memory. */
char *cli_report_path(const char *model);

/* What looks at the training found; nothing where that is nothing. */
void cli_print_health(const cr_health *health);

/* Make the page and write it. 0, or CLI_FAILED with the message printed. */
int cli_write_report(const char *path, const cr_model *model, const cr_table *table,
                     const cr_outcome *outcome, const cr_report_options *options);

#endif
