/* A team of threads that runs loops. Between loops the threads spin briefly, then sleep. */
#ifndef BASE_TEAM_H
#define BASE_TEAM_H

#include <stddef.h>

#include "chainrule/base.h"

struct team;

/* Bytes of a member's scratch memory. */
enum { CR_TEAM_SCRATCH = 1 << 20 };

/* A team of n members, the caller being one of them; n < 1 stands for cr_cpu_count(). Of
 * more members than cr_cpu_count() the rest get no thread and nothing to do: they would only
 * be in the way. A team belongs to one thread at a time.
 * Returns CR_OK, or CR_ERR_MEMORY or CR_ERR_LIMIT with *out untouched. */
cr_status cr_team_create(int n, struct team **out, cr_error *err);

/* The same as on a machine of so many processors: a team that has its threads here too, for
 * tests. */
cr_status cr_team_create_for(int n, int cpus, struct team **out, cr_error *err);

/* How many members; 1 for NULL. */
int cr_team_size(const struct team *team);

/* Call fn(ctx, item, member) for each item < items (below 2^32), each once, in any order and on
 * any member 0 <= member < size, and return when all have returned. Each member begins with
 * its own share of neighbouring items, the same in every loop of as many items, and then helps
 * the others. What an item computes must not depend on the member; the member serves to
 * choose scratch memory. A NULL team runs everything on the caller, and a loop within fn runs
 * on the member that asks for it, with the same scratch memory. */
void cr_team_run(struct team *team, size_t items, void (*fn)(void *ctx, size_t item, int member),
                 void *ctx);

/* CR_TEAM_SCRATCH bytes for the member, aligned to 64, which nobody else writes; they keep
 * what is in them from one item to the next. NULL for no team or a member without a thread. */
void *cr_team_scratch(const struct team *team, int member);

/* Ends the threads; NULL is allowed. */
void cr_team_destroy(struct team *team);

#endif
