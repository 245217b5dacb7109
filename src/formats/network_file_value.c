/* Scalars, lists and mappings of a network file, with their messages. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/network_file_read.h"

cr_status cr_file_fail(const struct reader *r, cr_status code, const struct yaml_node *node,
                       const char *fmt, ...)
{
    char message[512];
    va_list args;
    if (!r->err)
        return code;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return cr_fail_at(r->err, code, &r->yaml.src, cr_yaml_place(&r->yaml, node), "%s", message);
}

struct word cr_file_word(const struct yaml_node *node)
{
    struct word w;
    size_t n = 0;
    if (node->kind != YAML_SCALAR) {
        snprintf(w.s, sizeof w.s, "%s", node->kind == YAML_LIST ? "[...]" : "{...}");
        return w;
    }
    while (n < node->n) {
        unsigned code;
        const size_t len = cr_utf8_next(node->text + n, node->n - n, &code);
        if (n + len > FILE_WORD)
            break;
        n += len;
    }
    memcpy(w.s, node->text, n);
    strcpy(w.s + n, n < node->n ? "..." : "");
    return w;
}

/* What a value is, as a message says it: "'abc'", "a list". */
static struct word described(const struct yaml_node *node)
{
    struct word w = cr_file_word(node), d;
    if (node->kind == YAML_SCALAR)
        snprintf(d.s, sizeof d.s, "'%.*s'", FILE_WORD + 4, w.s);
    else
        strcpy(d.s, node->kind == YAML_LIST ? "a list" : "a mapping");
    return d;
}

static int is_empty(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !node->quoted &&
           (node->n == 0 || cr_yaml_is(node, "null") || cr_yaml_is(node, "~"));
}

void cr_file_hint_names(const struct reader *r, const char *word, const char *const *names,
                        size_t n)
{
    const char *near = cr_suggest(word, names, n);
    char list[256] = "";
    size_t used = 0;
    if (near) {
        cr_hint(r->err, "did you mean '%s'?", near);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const int len = snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
        used += (size_t)len;
        if (used > sizeof list / 2)
            return;
    }
    if (n)
        cr_hint(r->err, n > 1 ? "there are %s" : "there is %s", list);
}

/* Keys are the same whatever '-', '_', ' ' and case. */
static int same_key(const struct yaml_node *node, const char *name)
{
    size_t n = strlen(name);
    if (node->n != n)
        return 0;
    for (size_t i = 0; i < n; i++) {
        char c = node->text[i];
        if (c == '_' || c == ' ')
            c = '-';
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != name[i])
            return 0;
    }
    return 1;
}

static int find_key(const struct file_map_row *map, const struct yaml_node *node)
{
    for (int i = 0; i < MAP_MAX_KEYS && map->key[i].name; i++) {
        const struct file_key *key = &map->key[i];
        if (same_key(node, key->name) || (key->alias && same_key(node, key->alias)))
            return i;
    }
    return -1;
}

/* A key that another mapping has: where it belongs. */
static const char *belongs(const struct yaml_node *node)
{
    static const struct {
        enum file_map map;
        const char *place;
    } places[] = {
        {MAP_NETWORK, "it stands at the left margin"},    {MAP_LAYER, "it belongs to a layer"},
        {MAP_OPTIMISER, "it belongs under 'optimiser:'"}, {MAP_TRAIN, "it belongs under 'train:'"},
        {MAP_LOSS, "it belongs under 'loss:'"},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (find_key(cr_network_file_map(places[i].map), node) >= 0)
            return places[i].place;
    return NULL;
}

static cr_status unknown_key(const struct reader *r, const struct file_map_row *map,
                             const struct yaml_node *node)
{
    const struct word word = cr_file_word(node);
    const char *names[MAP_MAX_KEYS], *aliases[MAP_MAX_KEYS];
    size_t n = 0, n_aliases = 0;
    for (; n < MAP_MAX_KEYS && map->key[n].name; n++) {
        names[n] = map->key[n].name;
        if (map->key[n].alias)
            aliases[n_aliases++] = map->key[n].alias;
    }
    const char *near = cr_suggest(word.s, names, n);
    if (!near)
        near = cr_suggest(word.s, aliases, n_aliases);
    const char *place = belongs(node);
    cr_file_fail(r, CR_ERR_UNKNOWN, node, "%s has no key '%s'", map->what, word.s);
    if (near)
        cr_hint(r->err, "did you mean '%s'?", near);
    else if (place)
        cr_hint(r->err, "%s", place);
    else
        cr_file_hint_names(r, word.s, names, n);
    return CR_ERR_UNKNOWN;
}

/* The constant of some optimiser that a key names, as the table spells it; NULL: none. */
static const char *optimiser_constant(const struct yaml_node *key)
{
    const struct optimiser_row *row;
    for (int i = 0; (row = cr_optimiser_row(i)) != NULL; i++)
        for (int k = 0; k < TABLE_PARAMS && row->param[k].name; k++)
            if (same_key(key, row->param[k].name))
                return row->param[k].name;
    return NULL;
}

static cr_status add_param(struct reader *r, struct fields *out, const struct yaml_node *key,
                           const struct yaml_node *value, const char *name)
{
    struct spec_param *p = &out->param[out->n_params];
    const struct word word = cr_file_word(key);
    cr_status status = cr_file_number(r, value, "a parameter", &p->value);
    if (status != CR_OK)
        return status;
    p->name = cr_arena_strdup(&r->tmp, name ? name : word.s);
    p->name_at = cr_yaml_place(&r->yaml, key);
    p->value_at = cr_yaml_place(&r->yaml, value);
    out->n_params++;
    return p->name ? CR_OK : cr_fail_memory(r->err);
}

cr_status cr_file_fields(struct reader *r, const struct yaml_node *node, enum file_map map,
                         struct fields *out)
{
    const struct file_map_row *row = cr_network_file_map(map);
    struct fields f = {0};
    if (node->kind != YAML_MAP) {
        cr_file_fail(r, CR_ERR_VALUE, node, "%s is a mapping, not %s", row->what,
                     described(node).s);
        cr_hint(r->err, "write 'key: value' lines, such as '%s: ...'",
                row->key[map == MAP_LAYER     ? KEY_UNITS
                         : map == MAP_NETWORK ? KEY_LAYERS
                                              : 0]
                    .name);
        return CR_ERR_VALUE;
    }
    if (row->has_params && !(f.param = arena_new(&r->tmp, struct spec_param, node->n)))
        return cr_fail_memory(r->err);
    for (const struct yaml_node *k = node->child; k; k = k->next->next) {
        const struct yaml_node *value = k->next;
        const int i = find_key(row, k);
        const char *constant = f.param && map == MAP_OPTIMISER ? optimiser_constant(k) : NULL;
        if (i < 0 && !constant &&
            (!row->has_params ||
             (value->kind == YAML_SCALAR && !is_empty(value) && !cr_file_is_number(value))))
            return unknown_key(r, row, k);
        if (is_empty(value)) {
            cr_file_fail(r, CR_ERR_VALUE, k, "'%s' has no value", cr_file_word(k).s);
            if (row->has_params && k->n && k->text[k->n - 1] == ')')
                cr_hint(r->err, "a formula with a comma goes in quotes");
            return CR_ERR_VALUE;
        }
        if (i >= 0 && f.value[i]) {
            cr_file_fail(r, CR_ERR_SYNTAX, k, "'%s' is given twice", row->key[i].name);
            cr_hint(r->err, "the first is on line %d", cr_yaml_place(&r->yaml, f.key[i]).line);
            return CR_ERR_SYNTAX;
        }
        if (i >= 0) {
            f.key[i] = k;
            f.value[i] = value;
            continue;
        }
        const cr_status status = add_param(r, &f, k, value, constant);
        if (status != CR_OK)
            return status;
    }
    *out = f;
    return CR_OK;
}

/* A decimal that is too large for a float64 has the form of one. */
static int is_too_large(const char *s, size_t n)
{
    double mantissa, exponent;
    const char *e = memchr(s, 'e', n);
    if (!e)
        e = memchr(s, 'E', n);
    return e && memchr(e, '.', n - (size_t)(e - s)) == NULL &&
           cr_parse_f64(s, (size_t)(e - s), &mantissa) &&
           cr_parse_f64(e + 1, n - (size_t)(e - s) - 1, &exponent);
}

/* A decimal, or a fraction of two. Returns 0 for what is not a number, -1 out of range. */
static int parse_number(const char *s, size_t n, double *out)
{
    const char *slash = memchr(s, '/', n);
    double v = 0, below = 1;
    size_t first = slash ? (size_t)(slash - s) : n;
    while (slash && first > 0 && s[first - 1] == ' ')
        first--;
    if (!cr_parse_f64(s, first, &v))
        return is_too_large(s, first) ? -1 : 0;
    if (slash) {
        const char *rest = slash + 1, *end = s + n;
        while (rest < end && *rest == ' ')
            rest++;
        if (rest == end || *rest == '-' || *rest == '+' ||
            !cr_parse_f64(rest, (size_t)(end - rest), &below))
            return 0;
    }
    if (below == 0)
        return -1;
    v /= below;
    if (!isfinite(v) || !isfinite(below))
        return -1;
    for (size_t i = 0; v == 0 && i < first && s[i] != 'e' && s[i] != 'E'; i++)
        if (s[i] >= '1' && s[i] <= '9')
            return -1;
    *out = v;
    return 1;
}

int cr_file_is_number(const struct yaml_node *node)
{
    double v;
    return node->kind == YAML_SCALAR && !node->quoted && parse_number(node->text, node->n, &v) != 0;
}

/* What the writer of a value that is no number most likely did. */
static void hint_number(const struct reader *r, const struct yaml_node *node)
{
    char plain[sizeof(struct word)] = "";
    struct word w = cr_file_word(node);
    size_t n = 0;
    double v;
    if (node->kind != YAML_SCALAR)
        return;
    if (node->quoted && parse_number(node->text, node->n, &v) == 1) {
        cr_hint(r->err, "leave out the quotes");
        return;
    }
    for (const char *s = w.s; *s;) {
        if (strncmp(s, "\xE2\x88\x92", 3) == 0) /* the minus of print, U+2212 */
            plain[n++] = '-', s += 3;
        else
            plain[n++] = *s == ',' ? '.' : *s, s++;
    }
    plain[n] = '\0';
    if (strcmp(plain, w.s) != 0 && parse_number(plain, n, &v) == 1)
        cr_hint(r->err, "write %s", plain);
}

cr_status cr_file_number(const struct reader *r, const struct yaml_node *node, const char *what,
                         double *out)
{
    double v;
    if (is_empty(node))
        return cr_file_fail(r, CR_ERR_VALUE, node, "%s has no value", what);
    const int found =
        node->kind == YAML_SCALAR && !node->quoted ? parse_number(node->text, node->n, &v) : 0;
    if (found == 1) {
        *out = v;
        return CR_OK;
    }
    if (found < 0)
        return cr_file_fail(r, CR_ERR_VALUE, node, "%s is out of range: %s", what,
                            cr_file_word(node).s);
    cr_file_fail(r, CR_ERR_VALUE, node, "%s must be a number, not %s", what, described(node).s);
    hint_number(r, node);
    return CR_ERR_VALUE;
}

cr_status cr_file_count(const struct reader *r, const struct yaml_node *node, const char *what,
                        uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    int whole = node->kind == YAML_SCALAR && !node->quoted && node->n > 0, over = 0;
    for (uint32_t i = 0; whole && i < node->n; i++) {
        const unsigned digit = (unsigned char)node->text[i] - '0';
        if (digit > 9)
            whole = 0;
        else if (v > (UINT64_MAX - digit) / 10)
            over = 1;
        else
            v = v * 10 + digit;
    }
    if (whole && !over && v >= min && v <= max) {
        *out = v;
        return CR_OK;
    }
    const int limit = whole && (over || v > max);
    cr_file_fail(r, limit ? CR_ERR_LIMIT : CR_ERR_VALUE, node,
                 "%s must be a whole number from %llu to %llu, not %s", what,
                 (unsigned long long)min, (unsigned long long)max, described(node).s);
    return limit ? CR_ERR_LIMIT : CR_ERR_VALUE;
}

cr_status cr_file_text(struct reader *r, const struct yaml_node *node, const char *what,
                       const char **out)
{
    if (node->kind != YAML_SCALAR)
        return cr_file_fail(r, CR_ERR_VALUE, node, "%s must be text, not %s", what,
                            described(node).s);
    if (node->n == 0)
        return cr_file_fail(r, CR_ERR_VALUE, node, "%s is empty", what);
    const char *s = cr_arena_strndup(&r->spec->arena, node->text, node->n);
    if (!s)
        return cr_fail_memory(r->err);
    *out = s;
    return CR_OK;
}

/* In quotes a name is any text that can be shown. Without, it is a word: what looks like a
 * number, or holds a space or a bracket, is more likely a mistake. */
static int is_name_point(unsigned c, int first, int quoted)
{
    if (c < 0x20 || (c >= 0x7F && c < 0xA0))
        return 0;
    if (c < 0x80 && !quoted)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               (!first && ((c >= '0' && c <= '9') || c == '-' || c == '.' || c == '\''));
    return quoted || (c != 0xA0 && c != 0x2192 && c != 0x3000 && (c < 0x2000 || c > 0x206F));
}

static int is_name(const struct yaml_node *node)
{
    for (uint32_t i = 0; i < node->n;) {
        unsigned c;
        const size_t len = cr_utf8_next(node->text + i, node->n - i, &c);
        if (!is_name_point(c, i == 0, node->quoted))
            return 0;
        i += (uint32_t)len;
        if (c == '-' && i < node->n && node->text[i] == '>' && !node->quoted)
            return 0;
    }
    return node->n > 0 && node->n <= FILE_MAX_NAME;
}

cr_status cr_file_name(struct reader *r, const struct yaml_node *node, const char *what,
                       const char **out)
{
    if (node->kind != YAML_SCALAR || is_empty(node))
        return cr_file_fail(r, CR_ERR_VALUE, node, "%s must be a name, not %s", what,
                            is_empty(node) ? "nothing" : described(node).s);
    if (is_name(node))
        return cr_file_text(r, node, what, out);
    cr_file_fail(r, CR_ERR_VALUE, node, "%s cannot be %s", what, described(node).s);
    if (node->n > FILE_MAX_NAME)
        cr_hint(r->err, "a name has at most %d bytes", FILE_MAX_NAME);
    else
        cr_hint(r->err, "a name starts with a letter and holds letters, digits, _ - . '; "
                        "any other goes in quotes");
    return CR_ERR_VALUE;
}

cr_status cr_file_numbers(struct reader *r, const struct yaml_node *list, const char *what,
                          double *out)
{
    size_t i = 0;
    for (const struct yaml_node *v = list->child; v; v = v->next, i++) {
        const cr_status status = cr_file_number(r, v, what, &out[i]);
        if (status != CR_OK)
            return status;
    }
    return CR_OK;
}

/* Names */

cr_status cr_file_give(struct reader *r, const char *name, const struct yaml_node *node)
{
    if (r->n_given == r->cap_given) {
        const size_t cap = r->cap_given ? 2 * r->cap_given : 64;
        struct given_name *more = arena_new(&r->tmp, struct given_name, cap);
        if (!more)
            return cr_fail_memory(r->err);
        if (r->n_given)
            memcpy(more, r->given, r->n_given * sizeof *more);
        r->given = more;
        r->cap_given = cap;
    }
    r->given[r->n_given++] = (struct given_name){name, node};
    return CR_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct given_name *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order ? order : (x->node->start > y->node->start) - (x->node->start < y->node->start);
}

cr_status cr_file_check_names(struct reader *r)
{
    const struct given_name *again = NULL;
    if (r->n_given > 1)
        qsort(r->given, r->n_given, sizeof *r->given, by_name);
    for (size_t i = 1; i < r->n_given; i++)
        if (strcmp(r->given[i].name, r->given[i - 1].name) == 0 &&
            (!again || r->given[i].node->start < again->node->start))
            again = &r->given[i];
    if (!again)
        return CR_OK;
    cr_file_fail(r, CR_ERR_VALUE, again->node, "'%s' is the name of two inputs or units",
                 again->name);
    cr_hint(r->err, "the first is on line %d", cr_yaml_place(&r->yaml, again[-1].node).line);
    return CR_ERR_VALUE;
}

struct order_entry {
    const char *name;
    uint32_t at;
};

static int by_entry(const void *a, const void *b)
{
    const struct order_entry *x = a, *y = b;
    return strcmp(x->name, y->name);
}

cr_status cr_file_index(struct reader *r, const char *const *name, size_t n, struct name_index *out)
{
    struct order_entry *entry = arena_new(&r->tmp, struct order_entry, n);
    uint32_t *order = arena_new(&r->tmp, uint32_t, n);
    if (!entry || !order)
        return cr_fail_memory(r->err);
    for (size_t i = 0; i < n; i++)
        entry[i] = (struct order_entry){name[i], (uint32_t)i};
    if (n > 1)
        qsort(entry, n, sizeof *entry, by_entry);
    for (size_t i = 0; i < n; i++)
        order[i] = entry[i].at;
    *out = (struct name_index){name, order, n};
    return CR_OK;
}

static int compare(const char *name, const char *s, size_t n)
{
    const size_t len = strlen(name), least = len < n ? len : n;
    const int order = memcmp(name, s, least);
    return order ? order : (len > n) - (len < n);
}

size_t cr_file_find(const struct name_index *index, const char *s, size_t n)
{
    size_t low = 0, high = index->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare(index->name[index->order[middle]], s, n);
        if (order == 0)
            return index->order[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return index->n;
}
