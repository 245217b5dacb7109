/* What the text leaves open, or names otherwise, and what its numbers follow. */
#include <string.h>

#include "audit/topic.h"

static void say(struct audit *a, const char *sentence)
{
    void *p = cr_audit_grow(a->convention, a->n_conventions, &a->cap_conventions,
                            sizeof *a->convention, &a->failed);
    if (!p)
        return;
    a->convention = p;
    a->convention[a->n_conventions++] = sentence;
}

static const struct {
    const char *row, *shown;
    int cross_entropy;
} shown[] = {
    {"half-squared", "½(%s − %s)²", 0},
    {"sum-squared", "(%s − %s)²", 0},
    {"mean-squared", "the mean of (%s − %s)²", 0},
    {"binary-cross-entropy", "binary cross-entropy", 1},
    {"cross-entropy", "cross-entropy", 1},
};

static int loss_row(const char *name)
{
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (strcmp(shown[i].row, name) == 0)
            return (int)i;
    return -1;
}

static int has_word(const char *s, size_t n, const char *word)
{
    const size_t len = strlen(word);
    for (size_t i = 0; i + len <= n; i++)
        if (memcmp(s + i, word, len) == 0)
            return 1;
    return 0;
}

/* Whether the sentence says that this loss is used here, and not what else there is. */
static int is_used_here(const char *text, const char *at, const char *end)
{
    static const char *const against[] = {"instead", "lternativ", "such as", "e.g.", " or ",
                                          "could",   "other",     "would",   "not ", "unlike",
                                          "whereas", "often",     "usual"};
    static const char *const for_it[] = {"using",  "with ",  "use ", "uses", "is ",
                                         "minimi", "choose", "Loss", "loss:"};
    const char *from = at, *to = at;
    while (from > text && from[-1] != '\n' &&
           !(from[-1] == ' ' && from - 2 >= text && from[-2] == '.'))
        from--;
    while (to < end && *to != '\n' &&
           !(*to == '.' && to + 1 < end && (to[1] == ' ' || to[1] == '\n')))
        to++;
    for (size_t i = 0; i < sizeof against / sizeof *against; i++)
        if (has_word(from, (size_t)(to - from), against[i]))
            return 0;
    const size_t near = at - from < 30 ? (size_t)(at - from) : 30;
    for (size_t i = 0; i < sizeof for_it / sizeof *for_it; i++)
        if (has_word(at - near, near, for_it[i]))
            return 1;
    return 0;
}

/* Where the text names a loss that its numbers do not follow. */
static void check_loss_name(struct audit *a, const char *sentence)
{
    static const char *const names[] = {"cross-entropy", "cross entropy", "Cross-entropy",
                                        "Cross-Entropy", "Cross entropy", "Cross Entropy"};
    const char *text = a->source.text, *end = text + a->source.size, *first = NULL;
    size_t len = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *s = strstr(a->blocks.text, names[i]);
        if (!s)
            continue;
        const char *at = text + (s - a->blocks.text);
        if (is_used_here(text, at, end) && (!first || at < first)) {
            first = at;
            len = strlen(names[i]);
        }
    }
    if (!first)
        return;
    if (end - (first + len) >= 5 && memcmp(first + len, " loss", 5) == 0)
        len += 5;
    const size_t at = (size_t)(first - text);
    const struct finding f = {.at = at,
                              .end = at + len,
                              .verdict = VERDICT_NAMING,
                              .printed = cr_audit_words(a, at, at + len),
                              .expected = sentence,
                              .message = cr_audit_say(a, "the numbers follow %s, not %s", sentence,
                                                      cr_audit_words(a, at, at + len))};
    int line, column;
    cr_audit_place(a, at, &line, &column);
    say(a, cr_audit_say(a, "the numbers follow %s although line %d says %s", sentence, line,
                        f.printed));
    cr_audit_find(a, &f);
}

static const char *key(const struct audit *a, int name, const char *otherwise)
{
    return name >= 0 ? a->maths.name[name].key : otherwise;
}

void cr_topic_conventions(struct audit *a)
{
    const struct topic *t = a->topic;
    const struct guess *g = &t->guess;
    const char *row = t->loss;
    const int i = row ? loss_row(row) : -1;
    if (t->owned)
        say(a,
            cr_audit_say(
                a,
                "network made out from the text: %zu input%s, %zu layer%s, %zu output%s; it explains "
                "%zu of %zu computed numbers",
                g->n_inputs, g->n_inputs == 1 ? "" : "s", g->n_layers, g->n_layers == 1 ? "" : "s",
                g->n_outputs, g->n_outputs == 1 ? "" : "s", t->hits, t->hits + t->misses));
    if (g->forward_only)
        return;
    if (i >= 0) {
        const struct unit *u = cr_guess_unit(g, (int)g->n_layers - 1, 0);
        const char *sentence =
            cr_audit_say(a, shown[i].shown, key(a, u->act >= 0 ? u->act : u->pre, "y"),
                         key(a, g->target[0], "t"));
        if (!shown[i].cross_entropy)
            check_loss_name(a, sentence);
        say(a, cr_audit_say(a, "loss: %s", sentence));
    }
    if (t->delta_choice > 0)
        say(a, t->delta_choice == 1   ? "δ is −∂L/∂(pre-activation)"
               : t->delta_choice == 2 ? "δ is ∂L/∂(activation)"
                                      : "δ is −∂L/∂(activation)");
    if (g->fixed_biases)
        say(a, "the biases are not updated");
    if (g->other_rule)
        say(a,
            "updates are not those of gradient descent: they are judged by their arithmetic alone");
    else if (!g->has_rate)
        say(a, "the learning rate is not given: updates are judged by their arithmetic alone");
}
