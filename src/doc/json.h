/* Writing JSON. Nesting and commas are kept here, so a writer says only what comes next:
 *
 *     struct json j = {&out};
 *     cr_json_open(&j, NULL, '{');
 *     cr_json_string(&j, "name", "h1");
 *     cr_json_open(&j, "values", '[');
 *     cr_json_f64(&j, NULL, 0.1);
 *     cr_json_close(&j);
 *     cr_json_close(&j);
 *
 * key is NULL inside an array. Failures show in out->failed. */
#ifndef DOC_JSON_H
#define DOC_JSON_H

#include <stdint.h>

#include "base/text.h"

enum { JSON_DEPTH = 16 };

struct json {
    struct text *out;
    int depth;
    char kind[JSON_DEPTH];
    int some[JSON_DEPTH];
    int inline_at[JSON_DEPTH];
};

void cr_json_open(struct json *j, const char *key, char kind);        /* '{' or '[' */
void cr_json_open_inline(struct json *j, const char *key, char kind); /* on one line */
void cr_json_close(struct json *j);
void cr_json_string(struct json *j, const char *key, const char *value);
void cr_json_int(struct json *j, const char *key, int64_t value);
void cr_json_bool(struct json *j, const char *key, int value);
void cr_json_raw(struct json *j, const char *key, const char *json); /* JSON already written */
void cr_json_f64(struct json *j, const char *key,
                 double value); /* shortest that reads back; null if not finite */

#endif
