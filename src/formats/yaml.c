#include "formats/yaml.h"

#include <assert.h>
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Bounds on what libfyaml may queue before its first event reaches us. */
enum { MAX_OPEN_BRACKETS = 200, MAX_ANCHORS = 200 };

enum { MARK_EVERY = 512 };
struct yaml_mark {
    uint32_t line, column; /* from 0, in code points */
};

static int is_break(const struct source *src, size_t i)
{
    return src->text[i] == '\n';
}

static int continues(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

static struct place place_of(const struct yaml *y, size_t start, size_t end)
{
    const struct source *src = &y->src;
    const struct yaml_mark m = y->mark[start / MARK_EVERY];
    int line = (int)m.line, column = (int)m.column, span = 0;
    for (size_t i = start - start % MARK_EVERY; i < start; i++) {
        if (is_break(src, i))
            line++, column = 0;
        else if (!continues(src->text[i]))
            column++;
    }
    for (size_t i = start; i < end && src->text[i] != '\n' && src->text[i] != '\r'; i++)
        span += !continues(src->text[i]);
    return (struct place){line + 1, column + 1, span > 0 ? span : 1};
}

struct place cr_yaml_place(const struct yaml *y, const struct yaml_node *node)
{
    return place_of(y, node->start, node->end);
}

int cr_yaml_is(const struct yaml_node *node, const char *word)
{
    return node->kind == YAML_SCALAR && node->n == strlen(word) &&
           memcmp(node->text, word, node->n) == 0;
}

static int make_marks(struct arena *a, struct yaml *y)
{
    const struct source *src = &y->src;
    struct yaml_mark now = {0, 0};
    y->mark = arena_new(a, struct yaml_mark, src->size / MARK_EVERY + 1);
    if (!y->mark)
        return 0;
    for (size_t i = 0; i <= src->size; i++) {
        if (i % MARK_EVERY == 0)
            y->mark[i / MARK_EVERY] = now;
        if (i == src->size)
            break;
        if (is_break(src, i))
            now.line++, now.column = 0;
        else if (!continues(src->text[i]))
            now.column++;
    }
    return 1;
}

/* The decoder gives U+FFFD for what is not UTF-8, and also for U+FFFD itself. */
static int is_utf8(const char *s, size_t left, size_t *len)
{
    unsigned code;
    *len = cr_utf8_next(s, left, &code);
    return code != 0xFFFD || (*len == 3 && memcmp(s, "\xEF\xBF\xBD", 3) == 0);
}

static cr_status check_encoding(const struct source *src, cr_error *err)
{
    const unsigned char *b = (const unsigned char *)src->text;
    if (src->size >= 2 && ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF))) {
        cr_fail_at(err, CR_ERR_FORMAT, src, (struct place){0}, "the file is UTF-16, not UTF-8");
        cr_hint(err, "save it as UTF-8");
        return CR_ERR_FORMAT;
    }
    return CR_OK;
}

/* What no YAML text may hold, and what would make libfyaml queue without bound. */
static cr_status check_bytes(const struct yaml *y, cr_error *err)
{
    const struct source *src = &y->src;
    int open = 0, anchors = 0;
    size_t len;
    for (size_t i = 0; i < src->size; i += len) {
        const char *s = src->text + i;
        const unsigned c = (unsigned char)*s;
        const int starts = i == 0 || s[-1] == ' ' || s[-1] == '\n';
        const int breaks = c == '\n' || (c == '\r' && i + 1 < src->size && s[1] == '\n');
        len = 1;
        if (c >= 0x80 && !is_utf8(s, src->size - i, &len)) {
            cr_fail_at(err, CR_ERR_FORMAT, src, place_of(y, i, i + 1), "byte 0x%02X is not UTF-8",
                       c);
            cr_hint(err, "save the file as UTF-8");
            return CR_ERR_FORMAT;
        }
        if (c == '\r' && !breaks)
            return cr_fail_at(err, CR_ERR_FORMAT, src, place_of(y, i, i + 1),
                              "a carriage return without a line feed");
        if (c == 0x7F || (c < 0x20 && c != '\t' && !breaks))
            return cr_fail_at(err, CR_ERR_FORMAT, src, place_of(y, i, i + 1),
                              "control character 0x%02X in a text file", c);
        open += (c == '[' || c == '{') - (open > 0 && (c == ']' || c == '}'));
        anchors += starts && c == '&';
        if (open > MAX_OPEN_BRACKETS || anchors > MAX_ANCHORS)
            return cr_fail_at(err, CR_ERR_LIMIT, src, place_of(y, i, i + 1), "more than %d %s",
                              open > MAX_OPEN_BRACKETS ? MAX_OPEN_BRACKETS : MAX_ANCHORS,
                              open > MAX_OPEN_BRACKETS ? "brackets are open here" : "anchors");
    }
    return CR_OK;
}

/* One open collection. */
struct frame {
    struct yaml_node *node, **tail;
    int key_next;
};

struct builder {
    struct arena *arena;
    struct yaml *y;
    cr_error *err;
    struct frame frame[YAML_MAX_DEPTH];
    int depth, documents;
    struct yaml_node *last; /* the node before: stands in for an empty value's place */
};

static cr_status fail_node(const struct builder *b, cr_status code, const struct yaml_node *node,
                           const char *message)
{
    return cr_fail_at(b->err, code, &b->y->src, cr_yaml_place(b->y, node), "%s", message);
}

static cr_status add_node(struct builder *b, struct yaml_node *node)
{
    if (b->depth == 0) {
        b->y->root = node;
    } else {
        struct frame *f = &b->frame[b->depth - 1];
        if (f->key_next && node->kind != YAML_SCALAR)
            return fail_node(b, CR_ERR_SYNTAX, node, "a key must be a word");
        if (f->node->kind == YAML_LIST || f->key_next)
            f->node->n++;
        if (f->node->kind == YAML_MAP)
            f->key_next = !f->key_next;
        *f->tail = node;
        f->tail = &node->next;
    }
    b->last = node;
    return CR_OK;
}

/* A node from an event's marks; what has none (an empty value) takes the place of the
 * node before it. */
static struct yaml_node *new_node(struct builder *b, struct fy_event *e, enum yaml_kind kind)
{
    const struct fy_mark *start = fy_event_start_mark(e), *end = fy_event_end_mark(e);
    struct yaml_node *node = arena_new(b->arena, struct yaml_node, 1);
    if (!node)
        return NULL;
    node->kind = (uint8_t)kind;
    if (start && end && end->input_pos <= b->y->src.size && start->input_pos <= end->input_pos) {
        node->start = (uint32_t)start->input_pos;
        node->end = (uint32_t)end->input_pos;
    } else if (b->last) {
        node->start = b->last->start;
        node->end = b->last->end;
    }
    return node;
}

static cr_status add_scalar(struct builder *b, struct fy_event *e)
{
    struct fy_token *token = fy_event_get_token(e);
    struct yaml_node *node = new_node(b, e, YAML_SCALAR);
    size_t n = 0;
    const char *text = token ? fy_token_get_text(token, &n) : "";
    if (!node || !text)
        return cr_fail_memory(b->err);
    const char *there = b->y->src.text + node->start;
    node->n = (uint32_t)n;
    node->quoted = token && fy_token_scalar_style(token) != FYSS_PLAIN;
    node->text = there;
    if (n != node->end - node->start || memcmp(there, text, n) != 0)
        node->text = cr_arena_strndup(b->arena, text, n);
    if (!node->text)
        return cr_fail_memory(b->err);
    if (memchr(node->text, '\0', n))
        return fail_node(b, CR_ERR_SYNTAX, node, "a NUL character in a text");
    return add_node(b, node);
}

static cr_status open_collection(struct builder *b, struct fy_event *e, enum yaml_kind kind)
{
    struct yaml_node *node = new_node(b, e, kind);
    if (!node)
        return cr_fail_memory(b->err);
    if (b->depth == YAML_MAX_DEPTH)
        return fail_node(b, CR_ERR_LIMIT, node, "lists and mappings are nested too deeply");
    cr_status status = add_node(b, node);
    if (status != CR_OK)
        return status;
    b->frame[b->depth++] = (struct frame){node, &node->child, kind == YAML_MAP};
    return CR_OK;
}

static int by_text(const void *a, const void *b)
{
    const struct yaml_node *x = *(struct yaml_node *const *)a, *y = *(struct yaml_node *const *)b;
    const size_t n = x->n < y->n ? x->n : y->n;
    int order = n ? memcmp(x->text, y->text, n) : 0;
    if (order == 0)
        order = (x->n > y->n) - (x->n < y->n);
    return order ? order : (x->start > y->start) - (x->start < y->start);
}

/* Sorted, because a file may have very many keys. */
static cr_status check_duplicates(struct builder *b, const struct yaml_node *map)
{
    struct yaml_node **key = arena_new(b->arena, struct yaml_node *, map->n);
    const struct yaml_node *again = NULL, *first = NULL;
    size_t n = 0;
    if (!key)
        return cr_fail_memory(b->err);
    for (struct yaml_node *k = map->child; k; k = k->next->next)
        key[n++] = k;
    qsort(key, n, sizeof *key, by_text);
    for (size_t i = 1; i < n; i++) {
        if (key[i]->n != key[i - 1]->n || memcmp(key[i]->text, key[i - 1]->text, key[i]->n) != 0)
            continue;
        if (!again || key[i]->start < again->start)
            again = key[i], first = key[i - 1];
    }
    if (!again)
        return CR_OK;
    cr_fail_at(b->err, CR_ERR_SYNTAX, &b->y->src, cr_yaml_place(b->y, again),
               "'%.*s' is given twice", again->n < 40 ? (int)again->n : 40, again->text);
    cr_hint(b->err, "the first is on line %d", cr_yaml_place(b->y, first).line);
    return CR_ERR_SYNTAX;
}

static cr_status close_collection(struct builder *b, struct fy_event *e)
{
    const struct fy_mark *end = fy_event_end_mark(e);
    assert(b->depth > 0); /* libfyaml closes only what it has opened */
    struct yaml_node *node = b->frame[--b->depth].node;
    assert(node);
    if (end && end->input_pos <= b->y->src.size && end->input_pos > node->start)
        node->end = (uint32_t)end->input_pos;
    b->last = node;
    return node->kind == YAML_MAP && node->n > 1 ? check_duplicates(b, node) : CR_OK;
}

static cr_status refuse(struct builder *b, struct fy_event *e, struct fy_token *token,
                        const char *message, const char *hint)
{
    const struct fy_mark *at = token ? fy_token_start_mark(token) : fy_event_start_mark(e);
    size_t start = at && at->input_pos < b->y->src.size ? at->input_pos : 0;
    /* An anchor's and a tag's token start after their '&' or '!'. */
    if (start > 0 && strchr("&*!", b->y->src.text[start - 1]))
        start--;
    size_t end = start;
    while (end < b->y->src.size && !strchr(" \t\r\n,]}", b->y->src.text[end]))
        end++;
    cr_fail_at(b->err, CR_ERR_SYNTAX, &b->y->src, place_of(b->y, start, end), "%s", message);
    cr_hint(b->err, "%s", hint);
    return CR_ERR_SYNTAX;
}

static cr_status on_event(struct builder *b, struct fy_event *e)
{
    if (fy_event_get_anchor_token(e) || e->type == FYET_ALIAS)
        return refuse(b, e, fy_event_get_anchor_token(e), "anchors and aliases are not used here",
                      "write the value out in each place");
    if (e->type != FYET_DOCUMENT_START && fy_event_get_tag_token(e))
        return refuse(b, e, fy_event_get_tag_token(e), "tags are not used here",
                      "leave it out; text that must stay text goes in quotes");
    switch (e->type) {
    case FYET_DOCUMENT_START:
        if (b->documents++)
            return refuse(b, e, NULL, "a second document starts here",
                          "one file holds one network");
        return CR_OK;
    case FYET_MAPPING_START: return open_collection(b, e, YAML_MAP);
    case FYET_SEQUENCE_START: return open_collection(b, e, YAML_LIST);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END: return close_collection(b, e);
    case FYET_SCALAR: return add_scalar(b, e);
    default: return CR_OK;
    }
}

/* libfyaml's messages that a newcomer can hardly act on, and what they come from. */
static const struct {
    const char *theirs, *ours, *hint;
} messages[] = {
    {"invalid nested block mapping on the same line", "a second ':' on this line",
     "put text that holds ': ' in quotes"},
    {"invalid multiline plain key", "this line does not fit the lines above it",
     "keys of one mapping start in the same column"},
    {"could not find expected ':'", "a key without a ':'", "write 'key: value'"},
    {"did not find expected key", "this line does not fit the lines above it",
     "keys of one mapping start in the same column"},
    {"wrong indendation in sequence", "this line does not fit the lines above it",
     "the items of one list start in the same column"},
    {"did not find expected '-' indicator", "this line does not fit the lines above it",
     "keys of one mapping start in the same column"},
    {"invalid indentation in mapping", "this line does not fit the lines above it",
     "keys of one mapping start in the same column"},
    {"wrongly indented double-quoted scalar", "this quote is never closed", NULL},
    {"wrongly indented single-quoted scalar", "this quote is never closed", NULL},
    {"wrongly indented", "this line is not indented enough", NULL},
    {"block scalar no linebreak found", "'|' and '>' start a block of text",
     "put a formula that starts with one in quotes"},
    {"double-quoted scalar without closing quote", "this quote is never closed", NULL},
    {"single-quoted scalar without closing quote", "this quote is never closed", NULL},
    {"missing comma in flow", "a comma is missing", NULL},
    {"mismatched flow", "this bracket closes another kind than was opened", NULL},
    {"flow mapping with invalid extra closing", "this bracket closes nothing", NULL},
    {"flow sequence with invalid extra closing", "this bracket closes nothing", NULL},
    {"flow sequence with invalid comma", "a value is missing before this comma", NULL},
    {"flow mapping with invalid comma", "a value is missing before this comma", NULL},
};

static int starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static size_t line_start(const struct source *src, int line)
{
    size_t i = 0;
    while (line > 1 && i < src->size)
        line -= src->text[i++] == '\n';
    return i;
}

/* A tab in the indentation of a line or the next: what libfyaml says then varies. */
static int find_tab(const struct source *src, int line, size_t *tab)
{
    size_t i = line_start(src, line);
    for (int lines = 0; lines < 2 && i < src->size; lines++) {
        for (; i < src->size && (src->text[i] == ' ' || src->text[i] == '\t'); i++) {
            if (src->text[i] == '\t') {
                *tab = i;
                return 1;
            }
        }
        while (i < src->size && src->text[i++] != '\n')
            ;
    }
    return 0;
}

/* Column where the key or value of a line starts, after its indentation and any "- ". */
static size_t content_column(const struct source *src, int line)
{
    const size_t start = line_start(src, line);
    size_t i = start;
    while (i < src->size && (src->text[i] == ' ' || src->text[i] == '-'))
        i++;
    return i - start;
}

/* Whether an open bracket is why a line does not fit: the line goes on with what the
 * bracket stands in, as if it were closed. */
static int is_unclosed(const struct builder *b, const struct fy_diag_error *e)
{
    const struct source *src = &b->y->src;
    if (b->depth == 0)
        return 0;
    const struct yaml_node *node = b->frame[b->depth - 1].node;
    if (!src->size || (src->text[node->start] != '[' && src->text[node->start] != '{'))
        return 0;
    const int line = cr_yaml_place(b->y, node).line;
    return strstr(e->msg, "without a closing") ||
           (e->line > line && content_column(src, e->line) <= content_column(src, line));
}

static cr_status fail_unclosed(const struct builder *b)
{
    const struct yaml_node *node = b->frame[b->depth - 1].node;
    return cr_fail_at(b->err, CR_ERR_SYNTAX, &b->y->src,
                      place_of(b->y, node->start, node->start + 1), "this '%c' is never closed",
                      node->kind == YAML_LIST ? '[' : '{');
}

static int has_directive(const struct source *src, struct place *at)
{
    int line = 1;
    for (size_t i = 0; i < src->size; i++) {
        if (src->text[i] == '%' && (i == 0 || src->text[i - 1] == '\n')) {
            *at = (struct place){line, 1, 1};
            return 1;
        }
        line += src->text[i] == '\n';
    }
    return 0;
}

static cr_status report(const struct builder *b, struct fy_diag *diag)
{
    const struct source *src = &b->y->src;
    void *iter = NULL;
    const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &iter);
    struct place at = {0};
    size_t tab;
    if (!e && has_directive(src, &at))
        return cr_fail_at(b->err, CR_ERR_SYNTAX, src, at, "directives are not used here");
    if (!e || !e->msg) { /* libfyaml gives up on some texts without a word */
        if (b->last)
            at = cr_yaml_place(b->y, b->last);
        cr_fail_at(b->err, CR_ERR_SYNTAX, src, at, "what follows here cannot be read as YAML");
        cr_hint(b->err, "text that starts with a sign such as | or %% goes in quotes");
        return CR_ERR_SYNTAX;
    }
    at = (struct place){e->line, e->column, 1};
    if (is_unclosed(b, e))
        return fail_unclosed(b);
    if (find_tab(src, e->line, &tab)) {
        cr_fail_at(b->err, CR_ERR_SYNTAX, src, place_of(b->y, tab, tab + 1),
                   "a tab cannot indent a line");
        cr_hint(b->err, "use spaces");
        return CR_ERR_SYNTAX;
    }
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        if (!starts_with(e->msg, messages[i].theirs))
            continue;
        cr_fail_at(b->err, CR_ERR_SYNTAX, src, at, "%s", messages[i].ours);
        if (messages[i].hint)
            cr_hint(b->err, "%s", messages[i].hint);
        return CR_ERR_SYNTAX;
    }
    return cr_fail_at(b->err, CR_ERR_SYNTAX, src, at, "YAML: %s", e->msg);
}

static cr_status run(struct builder *b, struct fy_parser *parser, struct fy_diag *diag)
{
    struct fy_event *e;
    cr_status status = CR_OK;
    if (fy_parser_set_string(parser, b->y->src.text, b->y->src.size) != 0)
        return cr_fail_memory(b->err);
    while (status == CR_OK && (e = fy_parser_parse(parser))) {
        status = on_event(b, e);
        fy_parser_event_free(parser, e);
    }
    if (status == CR_OK && fy_parser_get_stream_error(parser))
        status = report(b, diag);
    return status;
}

static cr_status parse(struct builder *b)
{
    struct fy_diag_cfg silent;
    fy_diag_cfg_default(&silent);
    silent.fp = NULL;
    silent.colorize = false;
    struct fy_diag *diag = fy_diag_create(&silent);
    if (!diag)
        return cr_fail_memory(b->err);
    fy_diag_set_collect_errors(diag, true);
    const struct fy_parse_cfg cfg = {
        .flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
        .diag = diag,
    };
    struct fy_parser *parser = fy_parser_create(&cfg);
    cr_status status = parser ? run(b, parser, diag) : cr_fail_memory(b->err);
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return status;
}

cr_status cr_yaml_read(struct arena *a, const struct source *src, struct yaml *out, cr_error *err)
{
    struct yaml y = {.src = *src};
    struct builder b = {.arena = a, .y = &y, .err = err};
    if (src->size > YAML_MAX_SIZE)
        return cr_fail_at(err, CR_ERR_LIMIT, src, (struct place){0},
                          "the file is larger than %d MiB", YAML_MAX_SIZE >> 20);
    cr_status status = check_encoding(src, err);
    if (status != CR_OK)
        return status;
    if (src->size >= 3 && memcmp(src->text, "\xEF\xBB\xBF", 3) == 0) {
        y.src.text += 3;
        y.src.size -= 3;
    }
    if (!make_marks(a, &y))
        return cr_fail_memory(err);
    status = check_bytes(&y, err);
    if (status == CR_OK)
        status = parse(&b);
    if (status == CR_OK)
        *out = y;
    return status;
}
