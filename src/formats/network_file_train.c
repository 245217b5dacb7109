/* How training runs: the mapping `train`. */
#include "formats/network_file_read.h"

static cr_status read_precision(struct reader *r, const struct yaml_node *node)
{
    const char *text, *near = NULL;
    const cr_status status = cr_file_text(r, node, "the precision", &text);
    if (status != CR_OK)
        return status;
    const int row = cr_precision_find(text, &near);
    if (row < 0) {
        cr_file_fail(r, CR_ERR_UNKNOWN, node, "unknown precision '%s'", cr_file_word(node).s);
        if (near)
            cr_hint(r->err, "did you mean '%s'?", near);
        else
            cr_hint(r->err, "known are 'float32' and 'bf16'");
        return CR_ERR_UNKNOWN;
    }
    r->spec->precision = (cr_precision)(row + 1);
    return CR_OK;
}

static cr_status read_schedule(struct reader *r, const struct yaml_node *node)
{
    struct fields f = {0};
    const struct yaml_node *name = node;
    const char *text, *near = NULL;
    uint64_t warm_up = 0;
    cr_status status = CR_OK;
    if (node->kind == YAML_MAP) {
        status = cr_file_fields(r, node, MAP_SCHEDULE, &f);
        if (status != CR_OK)
            return status;
        name = f.value[KEY_SCHEDULE_NAME];
        if (!name)
            return cr_file_fail(r, CR_ERR_VALUE, node, "the schedule's 'name' is missing");
    }
    status = cr_file_text(r, name, "a schedule", &text);
    if (status != CR_OK)
        return status;
    const int row = cr_schedule_find(text, &near);
    if (row < 0) {
        cr_file_fail(r, CR_ERR_UNKNOWN, name, "unknown schedule '%s'", cr_file_word(name).s);
        if (near)
            cr_hint(r->err, "did you mean '%s'?", near);
        else
            cr_hint(r->err, "'chainrule list schedules' shows those there are");
        return CR_ERR_UNKNOWN;
    }
    status = cr_schedule_set(&r->spec->schedule, row, f.param, f.n_params, &r->yaml.src, r->err);
    if (status == CR_OK && f.value[KEY_WARM_UP])
        status = cr_file_count(r, f.value[KEY_WARM_UP], "the warm-up", 0, 1000000000, &warm_up);
    if (status == CR_OK)
        r->spec->schedule.warm_up = (size_t)warm_up;
    return status;
}

/* One of two words: its place, or -1 and an error. */
static int read_either(struct reader *r, const struct yaml_node *node, const char *what,
                       const char *no, const char *yes)
{
    if (cr_yaml_is(node, no))
        return 0;
    if (cr_yaml_is(node, yes))
        return 1;
    cr_file_fail(r, CR_ERR_VALUE, node, "%s is '%s' or '%s', not '%s'", what, no, yes,
                 cr_file_word(node).s);
    return -1;
}

/* Which rows and which epoch count. */
static cr_status read_selection(struct reader *r, const struct fields *f)
{
    struct spec *s = r->spec;
    const struct yaml_node *node = f->value[KEY_VALIDATION];
    uint64_t v;
    cr_status status = CR_OK;
    if (node)
        status = cr_file_number(r, node, "the validation share", &s->validation);
    if (status == CR_OK && !(s->validation >= 0 && s->validation < 1))
        return cr_file_fail(r, CR_ERR_VALUE, node,
                            "the validation share must be at least 0 and below 1");
    if (status == CR_OK && (node = f->value[KEY_KEEP])) {
        const int best = read_either(r, node, "what 'keep' keeps", "last", "best");
        if (best < 0)
            return CR_ERR_VALUE;
        s->keep = best ? CR_KEEP_BEST : CR_KEEP_LAST;
    }
    if (status == CR_OK && (node = f->value[KEY_DROP_LAST])) {
        s->drop_last = read_either(r, node, "'drop-last'", "false", "true");
        if (s->drop_last < 0)
            return CR_ERR_VALUE;
    }
    if (status == CR_OK && (node = f->value[KEY_PATIENCE])) {
        status = cr_file_count(r, node, "the patience", 1, 1000000000, &v);
        s->patience = status == CR_OK ? (size_t)v : 0;
    }
    return status;
}

cr_status cr_file_read_train(struct reader *r, const struct yaml_node *node)
{
    struct fields f;
    uint64_t v;
    cr_status status = cr_file_fields(r, node, MAP_TRAIN, &f);
    for (int key = KEY_EPOCHS; status == CR_OK && key <= KEY_DROP_LAST; key++)
        r->spec->given |= (unsigned)(f.value[key] != NULL) << key;
    if (status == CR_OK && f.value[KEY_EPOCHS]) {
        status = cr_file_count(r, f.value[KEY_EPOCHS], "the number of epochs", 1, 1000000000, &v);
        r->spec->epochs = status == CR_OK ? (size_t)v : 0;
    }
    if (status == CR_OK && f.value[KEY_BATCH]) {
        status = cr_file_count(r, f.value[KEY_BATCH], "the batch size", 1, 1 << 30, &v);
        r->spec->batch = status == CR_OK ? (size_t)v : 0;
    }
    if (status == CR_OK && f.value[KEY_SEED])
        status = cr_file_count(r, f.value[KEY_SEED], "the seed", 0, UINT64_MAX, &r->spec->seed);
    if (status == CR_OK && f.value[KEY_PRECISION])
        status = read_precision(r, f.value[KEY_PRECISION]);
    if (status == CR_OK && f.value[KEY_SCHEDULE])
        status = read_schedule(r, f.value[KEY_SCHEDULE]);
    return status == CR_OK ? read_selection(r, &f) : status;
}
