/* How losses change as the learning rate grows. */
#ifndef TRAIN_RATE_SEARCH_H
#define TRAIN_RATE_SEARCH_H

#include "train/trainer.h"

/* As cr_train_rate_search, from rows of any kind. */
cr_status cr_rate_search_make(cr_net *net, const struct examples *train,
                              const cr_train_options *options, const cr_rate_options *rates,
                              cr_rate_search **out, cr_error *err);

/* The point to choose, as cr_rate_search says. */
size_t cr_rate_search_choose(const cr_rate_point *point, size_t n);

#endif
