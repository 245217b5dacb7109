/* A team of threads that runs loops. Between loops the threads spin briefly, then sleep. */
#ifndef BASE_TEAM_H
#define BASE_TEAM_H

#include <stddef.h>

#include "chainrule/base.h"

struct team;

/* How many processors this process may use; at least 1. */
int cr_cpu_count(void);

/* A team of n members, the caller being one of them (n - 1 threads are started); n < 1
 * stands for cr_cpu_count(). A team belongs to one thread at a time.
 * Returns CR_OK, or CR_ERR_MEMORY or CR_ERR_LIMIT with *out untouched. */
cr_status cr_team_create(int n, struct team **out, cr_error *err);

/* How many members; 1 for NULL. */
int cr_team_size(const struct team *team);

/* Call fn(ctx, item, member) for each item < items, each once, in any order and on any
 * member 0 <= member < size, and return when all have returned. What an item computes
 * must not depend on the member; the member serves to choose scratch memory. A NULL team
 * runs everything on the caller. fn must not run the same team. */
void cr_team_run(struct team *team, size_t items, void (*fn)(void *ctx, size_t item, int member),
                 void *ctx);

/* Ends the threads; NULL is allowed. */
void cr_team_destroy(struct team *team);

#endif
