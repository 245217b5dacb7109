/* The settings in use, and where each comes from. */
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "formats/network_file.h"
#include "train/fit.h"
#include "train/recipe.h"
#include "train/trainer.h"

struct config {
    const struct fit *f;
    struct text *out;
};

static void CR_PRINTF(4, 5)
    put(const struct config *c, const char *name, const char *from, const char *fmt, ...)
{
    char value[160];
    va_list args;
    va_start(args, fmt);
    vsnprintf(value, sizeof value, fmt, args);
    va_end(args);
    cr_text_printf(c->out, "#   %-14s %-28s %s\n", name, value, from);
}

/* option: it was given as one; else the network file, or the recipe, may have it. */
static const char *from(const struct config *c, int option, enum spec_setting setting)
{
    if (option)
        return "option";
    if (!(c->f->spec->given >> setting & 1))
        return "default";
    return c->f->options->network ? "network file" : "recipe";
}

static void put_schedule(const struct config *c)
{
    const struct spec_schedule *s = &c->f->spec->schedule;
    const struct schedule_row *row = cr_schedule_row(s->row);
    char text[160], number[32];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", row->name);
    for (int i = 0; i < TABLE_PARAMS && row->param[i].name; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, " %s=%s", row->param[i].name,
                              cr_shortest_f64(s->param[i], number));
    if (s->warm_up)
        snprintf(text + n, sizeof text - n, " warm-up=%zu", s->warm_up);
    put(c, "schedule", from(c, c->f->options->train.schedule != NULL, SPEC_SCHEDULE), "%s", text);
}

static void put_data(const struct config *c)
{
    const struct fit *f = c->f;
    const cr_fit_options *o = f->options;
    const int guessed = o->task == CR_TASK_GUESS;
    put(c, "task", guessed ? "guess" : "option", "%s",
        f->prepare.task == CR_CLASSIFICATION ? "classification" : "regression");
    put(c, "scaling", o->scaling != CR_SCALING_ROBUST ? "option" : "default", "%s",
        cr_scaling_name(o->scaling));
    put(c, "network",
        o->recipe    ? "option"
        : o->network ? "network file"
                     : "default",
        "%s", o->network ? o->network_name : RECIPE_NAME);
}

static const char *keep_name(const struct fit *f)
{
    if (f->spec->keep == CR_KEEP_LAST || f->report.validation == 0)
        return "last";
    return "best";
}

void cr_fit_config(const struct fit *f, const cr_train_options *used, struct text *out)
{
    const struct config c = {f, out};
    const cr_train_options *o = &f->options->train;
    const struct spec *s = f->spec;
    char number[32];
    cr_text_add(out, "# settings, and where they come from\n");
    put_data(&c);
    put(&c, "optimiser", from(&c, f->options->optimiser != NULL, SPEC_OPTIMISER), "%s",
        cr_optimiser_row((int)s->optimiser.method)->name);
    put(&c, "learning-rate",
        from(&c, o->learning_rate > 0, f->options->optimiser ? SPEC_SETTINGS : SPEC_LEARNING_RATE),
        "%s", cr_shortest_f64(s->optimiser.learning_rate, number));
    put_schedule(&c);
    put(&c, "epochs", from(&c, o->epochs > 0, SPEC_EPOCHS), "%zu", used->epochs);
    put(&c, "batch", from(&c, o->batch > 0, SPEC_BATCH), "%zu", used->batch);
    put(&c, "drop-last", from(&c, o->drop_last != 0, SPEC_DROP_LAST), "%s",
        s->drop_last ? "true" : "false");
    put(&c, "validation",
        from(&c, f->options->validation != 0 || f->options->validation_table, SPEC_VALIDATION),
        "%zu rows", f->report.validation);
    put(&c, "keep", from(&c, o->keep != CR_KEEP_DEFAULT, SPEC_KEEP), "%s", keep_name(f));
    if (s->patience)
        put(&c, "patience", from(&c, o->patience > 0, SPEC_PATIENCE), "%zu", s->patience);
    else
        put(&c, "patience", "default", "no end");
    put(&c, "seed", from(&c, f->options->has_seed, SPEC_SEED), "%llu", (unsigned long long)s->seed);
    put(&c, "precision", from(&c, o->precision != CR_PRECISION_DEFAULT, SPEC_PRECISION), "%s",
        cr_precision_name(s->precision));
    cr_text_addc(out, '\n');
    cr_network_file_write(s, 0, out);
}
