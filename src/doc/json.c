#include "doc/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "doc/escape.h"

static void line(struct json *j)
{
    cr_text_addc(j->out, '\n');
    cr_text_repeat(j->out, ' ', (size_t)j->depth * 2);
}

static void begin(struct json *j, const char *key)
{
    if (j->depth) {
        const int at = j->depth - 1;
        if (j->some[at])
            cr_text_add(j->out, j->inline_at[at] ? ", " : ",");
        if (!j->inline_at[at])
            line(j);
        j->some[at] = 1;
    }
    if (key) {
        cr_escape_json(j->out, key, strlen(key));
        cr_text_add(j->out, ": ");
    }
}

static void open(struct json *j, const char *key, char kind, int on_one_line)
{
    begin(j, key);
    assert(j->depth < JSON_DEPTH);
    cr_text_addc(j->out, kind);
    j->kind[j->depth] = kind;
    j->some[j->depth] = 0;
    j->inline_at[j->depth] = on_one_line || (j->depth && j->inline_at[j->depth - 1]);
    j->depth++;
}

void cr_json_open(struct json *j, const char *key, char kind)
{
    open(j, key, kind, 0);
}

void cr_json_open_inline(struct json *j, const char *key, char kind)
{
    open(j, key, kind, 1);
}

void cr_json_close(struct json *j)
{
    assert(j->depth > 0);
    j->depth--;
    if (j->some[j->depth] && !j->inline_at[j->depth])
        line(j);
    cr_text_addc(j->out, j->kind[j->depth] == '{' ? '}' : ']');
    if (!j->depth)
        cr_text_addc(j->out, '\n');
}

void cr_json_string(struct json *j, const char *key, const char *value)
{
    begin(j, key);
    cr_escape_json(j->out, value, strlen(value));
}

void cr_json_int(struct json *j, const char *key, int64_t value)
{
    begin(j, key);
    cr_text_printf(j->out, "%lld", (long long)value);
}

void cr_json_bool(struct json *j, const char *key, int value)
{
    begin(j, key);
    cr_text_add(j->out, value ? "true" : "false");
}

void cr_json_f64(struct json *j, const char *key, double value)
{
    char digits[32];
    begin(j, key);
    cr_text_add(j->out, isfinite(value) ? cr_shortest_f64(value, digits) : "null");
}

void cr_json_raw(struct json *j, const char *key, const char *json)
{
    begin(j, key);
    cr_text_add(j->out, json);
}
