/* The training record of a model, for those who show it: whatever stands in a file, what comes out
 * is JSON. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/model_file.h"

enum { DEPTH = 8, KEY = 256 };

/* The record as an object; {} where it is none. NULL when out of memory. */
static json_t *read_record(const cr_model *m)
{
    json_t *record = json_loads(cr_model_training(m), JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(record)) {
        json_decref(record);
        record = json_object();
    }
    return record;
}

char *cr_training_json(const cr_model *m)
{
    json_t *record = read_record(m);
    char *text = record ? json_dumps(record, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(record);
    return text;
}

struct walk {
    void (*each)(void *ctx, const char *key, const char *value);
    void *ctx;
};

static void tell(const struct walk *w, const char *key, const json_t *v)
{
    char buf[32];
    switch (json_typeof(v)) {
    case JSON_STRING: w->each(w->ctx, key, json_string_value(v)); break;
    case JSON_INTEGER:
        snprintf(buf, sizeof buf, "%lld", (long long)json_integer_value(v));
        w->each(w->ctx, key, buf);
        break;
    case JSON_REAL: w->each(w->ctx, key, cr_shortest_f64(json_real_value(v), buf)); break;
    case JSON_TRUE: w->each(w->ctx, key, "yes"); break;
    case JSON_FALSE: w->each(w->ctx, key, "no"); break;
    default: break; /* lists have no place in a record of one value a line */
    }
}

/* Keys of objects in objects are joined by blanks. */
static void walk(const struct walk *w, json_t *object, const char *prefix, int depth)
{
    const char *name;
    json_t *v;
    json_object_foreach (object, name, v) {
        char key[KEY];
        snprintf(key, sizeof key, "%s%s%s", prefix, *prefix ? " " : "", name);
        if (json_is_object(v) && depth < DEPTH)
            walk(w, v, key, depth + 1);
        else
            tell(w, key, v);
    }
}

cr_status cr_training_each(const cr_model *m, void (*each)(void *, const char *, const char *),
                           void *ctx, cr_error *err)
{
    const struct walk w = {each, ctx};
    json_t *record = read_record(m);
    if (!record)
        return cr_fail_memory(err);
    walk(&w, record, "", 0);
    json_decref(record);
    return CR_OK;
}
