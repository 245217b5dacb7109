/* What the files that bind a text's names to a network share. */
#ifndef AUDIT_BIND_PARTS_H
#define AUDIT_BIND_PARTS_H

#include <string.h>

#include "audit/topic.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* Rows of the tables of what a text may choose (elements.c); updates that it may go through. */
enum { DELTA_CHOICES = 4, CHANGE_CHOICES = 4, LOSS_CHOICES = 6, MOST_UPDATES = 8 };

static inline int same(const char *x, const char *y)
{
    return strcmp(x, y) == 0;
}

static inline int find(const struct topic *t, enum role role, int of, int layer)
{
    return cr_tape_find(t->trace->tape, role, of, layer);
}

static inline int role_of(const struct topic *t, const struct element *e)
{
    return e->kind == ELEMENT_VALUE ? (int)t->trace->tape->value[e->value].role : -1;
}

static inline struct element element(int value, size_t index, double factor)
{
    return (struct element){value < 0 ? ELEMENT_NONE : ELEMENT_VALUE, value, index, factor};
}

/* elements.c: the value of a layer's parameters, or -1; whether a name is called as losses are; a
 * name without its age; whether δ is numbered as activations are; x times a factor; what a choice of a loss's meaning is. */
int cr_bind_param(const struct topic *t, int layer, enum param_kind kind);
int cr_bind_is_loss(const struct name *n);
int cr_bind_ageless(struct audit *a, int name);
int cr_bind_by_act(const struct audit *a);
void cr_bind_scaled(struct range *x, double factor);
enum element_kind cr_bind_loss_kind(int choice);

/* bind.c: bind all names of a->topic, settle what is open, and count what is explained. */
int cr_bind_names(struct audit *a);

#endif
