/* The gradient check of any tape: one recorded from a net, or a mutated copy. */
#ifndef NET_CHECK_H
#define NET_CHECK_H

#include "chainrule/check.h"
#include "net/tape.h"

/* As cr_check_gradients; `tape` has input gradients, and net is of type CR_F64. */
cr_status cr_check_tape(const struct tape *tape, cr_net *net, const double *in,
                        const double *targets, size_t rows, const cr_check_options *options,
                        cr_check **out, cr_error *err);

#endif
