/* The default network and how it is trained. */
#ifndef TRAIN_RECIPE_H
#define TRAIN_RECIPE_H

#include "base/text.h"
#include "chainrule/data.h"

/* What it is called in options, and in print. */
#define RECIPE_OPTION "realmlp-td-s"
#define RECIPE_NAME   "RealMLP-TD-S"

/* The share of the rows that it measures after every epoch. */
#define RECIPE_VALIDATION 0.2

/* Write it as a network file, for so many inputs and outputs. */
void cr_recipe_write(cr_task task, size_t inputs, size_t outputs, struct text *out);

#endif
