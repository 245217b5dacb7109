#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "chainrule/base.h"

struct parser {
    const struct command *command;
    char **argv;
    int argc, at;
    char *args;
    char *message;
    size_t size;
    size_t n_positionals;
};

static const struct option help_option = {.name = "help", .letter = 'h', .help = "show this help"};

static int refuse(const struct parser *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int refuse(const struct parser *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(p->message, p->size, fmt, args);
    va_end(args);
    return -1;
}

static int is_bounded(const struct option *o)
{
    return o->min != 0 || o->max != 0;
}

static int out_of_range(const struct parser *p, const struct option *o, const char *value)
{
    if (o->max == HUGE_VAL)
        return refuse(p, "--%s: %s is too small; at least %g is needed", o->name, value, o->min);
    return refuse(p, "--%s: %s is out of range; it must be from %g to %g", o->name, value, o->min,
                  o->max);
}

static int set_double(const struct parser *p, const struct option *o, const char *value)
{
    char *end;
    errno = 0;
    double v = strtod(value, &end);
    if (end == value || *end || !isfinite(v) || strpbrk(value, "xXpP") || *value == ' ')
        return refuse(p, "--%s: '%s' is not a number", o->name, value);
    if (is_bounded(o) && !(v >= o->min && v <= o->max))
        return out_of_range(p, o, value);
    memcpy(p->args + o->offset, &v, sizeof v);
    return 0;
}

/* How many bytes a suffix stands for; 0 for an unknown one. */
static uintmax_t suffix_factor(const char *suffix)
{
    static const char letters[] = "kMGT";
    if (!*suffix)
        return 1;
    const char *letter = strchr(letters, *suffix == 'K' ? 'k' : *suffix);
    if (!letter || suffix[1])
        return 0;
    return (uintmax_t)1 << (10 * (letter - letters + 1));
}

static int set_unsigned(const struct parser *p, const struct option *o, const char *value)
{
    char *end;
    errno = 0;
    uintmax_t v = strtoumax(value, &end, 10);
    uintmax_t factor = o->kind == OPTION_BYTES ? suffix_factor(end) : *end == '\0';
    if (*value < '0' || *value > '9' || factor == 0)
        return refuse(p, "--%s: '%s' is not a whole number%s", o->name, value,
                      o->kind == OPTION_BYTES ? " (with k, M, G or T)" : " of 0 or more");
    const uintmax_t most = o->kind == OPTION_SEED ? UINT64_MAX : SIZE_MAX;
    if (errno == ERANGE || v > most / factor)
        return refuse(p, "--%s: %s is too large", o->name, value);
    v *= factor;
    if (is_bounded(o) && !((double)v >= o->min && (double)v <= o->max))
        return out_of_range(p, o, value);
    if (o->kind == OPTION_SEED) {
        uint64_t seed = (uint64_t)v;
        memcpy(p->args + o->offset, &seed, sizeof seed);
    } else {
        size_t size = (size_t)v;
        memcpy(p->args + o->offset, &size, sizeof size);
    }
    return 0;
}

static int set_int(const struct parser *p, const struct option *o, const char *value)
{
    char *end;
    errno = 0;
    long v = strtol(value, &end, 10);
    if (end == value || *end || *value == ' ')
        return refuse(p, "--%s: '%s' is not a whole number", o->name, value);
    if (errno == ERANGE || v > INT_MAX || v < INT_MIN)
        return refuse(p, "--%s: %s is too large", o->name, value);
    if (is_bounded(o) && !((double)v >= o->min && (double)v <= o->max))
        return out_of_range(p, o, value);
    int number = (int)v;
    memcpy(p->args + o->offset, &number, sizeof number);
    return 0;
}

static int set_choice(const struct parser *p, const struct option *o, const char *value)
{
    int n = 0;
    for (; o->choices[n]; n++) {
        if (strcmp(o->choices[n], value) == 0) {
            memcpy(p->args + o->offset, &n, sizeof n);
            return 0;
        }
    }
    const char *near = cr_suggest(value, o->choices, (size_t)n);
    if (near)
        return refuse(p, "--%s: unknown value '%s'; did you mean '%s'?", o->name, value, near);
    refuse(p, "--%s: unknown value '%s'; choose from", o->name, value);
    for (int i = 0; i < n; i++) {
        size_t used = strlen(p->message);
        snprintf(p->message + used, p->size - used, "%s %s", i ? "," : "", o->choices[i]);
    }
    return -1;
}

static int set_value(const struct parser *p, const struct option *o, const char *value)
{
    switch (o->kind) {
    case OPTION_FLAG: break;
    case OPTION_STRING:
    case OPTION_INPUT:
    case OPTION_OUTPUT: memcpy(p->args + o->offset, &value, sizeof value); return 0;
    case OPTION_INT: return set_int(p, o, value);
    case OPTION_SIZE:
    case OPTION_BYTES:
    case OPTION_SEED: return set_unsigned(p, o, value);
    case OPTION_DOUBLE: return set_double(p, o, value);
    case OPTION_CHOICE: return set_choice(p, o, value);
    }
    return refuse(p, "option --%s takes no value", o->name);
}

static int set_flag(const struct parser *p, const struct option *o)
{
    const int one = 1;
    memcpy(p->args + o->offset, &one, sizeof one);
    return 0;
}

/* A lone dash and negative numbers are values, not options. */
static int looks_like_option(const char *s)
{
    return s[0] == '-' && s[1] && !strchr("0123456789.", s[1]);
}

/* The value of an option that takes one: what is attached, or the next argument. */
static int take_value(struct parser *p, const struct option *o, const char *attached)
{
    if (attached)
        return set_value(p, o, attached);
    if (p->at >= p->argc)
        return refuse(p, "option --%s needs a value: --%s %s", o->name, o->name, o->argument);
    const char *next = p->argv[p->at];
    if (looks_like_option(next))
        return refuse(p, "option --%s needs a value, not the option %s; if it is one: --%s=%s",
                      o->name, next, o->name, next);
    p->at++;
    return set_value(p, o, next);
}

static int unknown_option(const struct parser *p, const char *name, size_t len)
{
    const char *names[64];
    size_t n = 0;
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)(len < 63 ? len : 63), name);
    for (const struct option *o = p->command->options; o->name && n < 63; o++)
        names[n++] = o->name;
    names[n++] = help_option.name;

    const char *near = cr_suggest(word, names, n), *first = NULL;
    size_t starts = 0;
    for (size_t i = 0; i < n; i++)
        if (strncmp(names[i], word, strlen(word)) == 0 && starts++ == 0)
            first = names[i];
    if (!near && starts == 1)
        near = first;
    if (near)
        return refuse(p, "unknown option '--%s'; did you mean '--%s'?", word, near);
    return refuse(p, "unknown option '--%s'", word);
}

/* 1 for a request for help, as everywhere below. */
static int parse_long(struct parser *p, const char *arg)
{
    const char *equals = strchr(arg, '=');
    const size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
    const struct option *o = p->command->options;
    while (o->name && (strlen(o->name) != len || memcmp(o->name, arg, len) != 0))
        o++;
    if (!o->name && len == 4 && memcmp(arg, "help", 4) == 0)
        return 1;
    if (!o->name)
        return unknown_option(p, arg, len);
    if (o->argument)
        return take_value(p, o, equals ? equals + 1 : NULL);
    if (equals)
        return set_value(p, o, equals + 1);
    return set_flag(p, o);
}

static int parse_letters(struct parser *p, const char *arg)
{
    for (; *arg; arg++) {
        const struct option *o = p->command->options;
        while (o->name && o->letter != *arg)
            o++;
        if (!o->name && *arg == 'h')
            return 1;
        if (!o->name)
            return refuse(p, "unknown option '-%c'", *arg);
        if (o->argument)
            return take_value(p, o, arg[1] ? arg + 1 : NULL);
        set_flag(p, o);
    }
    return 0;
}

static int parse_positional(struct parser *p, const char *arg)
{
    const struct positional *table = p->command->positionals;
    if (!table[p->n_positionals].name)
        return refuse(p, "unexpected argument '%s'", arg);
    memcpy(p->args + table[p->n_positionals].offset, &arg, sizeof arg);
    p->n_positionals++;
    return 0;
}

int cli_options_parse(const struct command *command, int argc, char **argv, void *args,
                      char *message, size_t size)
{
    struct parser p = {command, argv, argc, 0, args, message, size, 0};
    int only_positionals = 0;
    while (p.at < argc) {
        const char *arg = argv[p.at++];
        int result;
        if (only_positionals || !looks_like_option(arg)) {
            result = parse_positional(&p, arg);
        } else if (strcmp(arg, "--") == 0) {
            only_positionals = 1;
            result = 0;
        } else if (arg[1] == '-') {
            result = parse_long(&p, arg + 2);
        } else {
            result = parse_letters(&p, arg + 1);
        }
        if (result)
            return result;
    }
    const struct positional *missing = &command->positionals[p.n_positionals];
    if (missing->name && !missing->optional)
        return refuse(&p, "missing argument %s: %s", missing->name, missing->help);
    return 0;
}

/* Help */

enum { WIDTH = 80, COLUMN = 24 };

/* Words of s wrapped to WIDTH, later lines indented; the first starts at column `at`. */
static void wrap(FILE *to, const char *s, int at, int indent)
{
    while (*s) {
        int len = (int)strcspn(s, " \n");
        if (at > indent && at + 1 + len > WIDTH) {
            fprintf(to, "\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            fputc(' ', to);
            at++;
        }
        fprintf(to, "%.*s", len, s);
        at += len;
        s += len;
        if (*s == '\n') {
            fprintf(to, "\n%*s", indent, "");
            at = indent;
        }
        if (*s)
            s++;
    }
    fputc('\n', to);
}

/* The left column, then the text beside it (below it when the left one is long). */
static void help_row(FILE *to, const char *left, const char *text)
{
    int used = fprintf(to, "  %s", left);
    if (used + 2 > COLUMN) {
        fputc('\n', to);
        used = 0;
    }
    fprintf(to, "%*s", COLUMN - used, "");
    wrap(to, text, COLUMN, COLUMN);
}

/* " (default: 6)", or nothing where there is no default to show. */
static void describe_default(const struct option *o, const void *defaults, char *buf, size_t size)
{
    const char *at = (const char *)defaults + o->offset;
    double number = NAN;
    int index;
    const char *string = NULL;
    uint64_t seed;
    size_t count;
    buf[0] = '\0';
    switch (o->kind) {
    case OPTION_FLAG: return;
    case OPTION_STRING:
    case OPTION_INPUT:
    case OPTION_OUTPUT: memcpy(&string, at, sizeof string); break;
    case OPTION_CHOICE:
        memcpy(&index, at, sizeof index);
        if (index >= 0)
            string = o->choices[index];
        break;
    case OPTION_INT:
        memcpy(&index, at, sizeof index);
        number = index;
        break;
    case OPTION_SIZE:
    case OPTION_BYTES:
        memcpy(&count, at, sizeof count);
        number = (double)count;
        break;
    case OPTION_SEED:
        memcpy(&seed, at, sizeof seed);
        number = (double)seed;
        break;
    case OPTION_DOUBLE: memcpy(&number, at, sizeof number); break;
    }
    if (string)
        snprintf(buf, size, " (default: %s)", string);
    else if (!isnan(number) && (!is_bounded(o) || (number >= o->min && number <= o->max)))
        snprintf(buf, size, " (default: %.15g)", number);
}

static void help_option_row(FILE *to, const struct option *o, const void *defaults)
{
    char left[80], text[1024], extra[160];
    snprintf(left, sizeof left, "%c%c%c --%s%s%s", o->letter ? '-' : ' ',
             o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name, o->argument ? " " : "",
             o->argument ? o->argument : "");
    int used = snprintf(text, sizeof text, "%s", o->help);
    if (o->kind == OPTION_CHOICE) {
        for (int i = 0; o->choices[i] && used < (int)sizeof text; i++)
            used += snprintf(text + used, sizeof text - (size_t)used, "%s%s",
                             i ? (o->choices[i + 1] ? ", " : " or ") : ": ", o->choices[i]);
    }
    describe_default(o, defaults, extra, sizeof extra);
    if (used < (int)sizeof text)
        snprintf(text + used, sizeof text - (size_t)used, "%s", extra);
    help_row(to, left, text);
}

void cli_options_help(const struct command *command, FILE *to)
{
    fprintf(to, "Usage: chainrule %s [OPTION...]", command->name);
    for (const struct positional *a = command->positionals; a->name; a++)
        fprintf(to, a->optional ? " [%s]" : " %s", a->name);
    fputs("\n\n", to);
    char first = command->summary[0];
    if (first >= 'a' && first <= 'z')
        first = (char)(first - 'a' + 'A');
    fprintf(to, "%c%s.\n\n", first, command->summary + 1);
    for (const struct positional *a = command->positionals; a->name; a++)
        help_row(to, a->name, a->help);
    if (command->positionals[0].name)
        fputc('\n', to);
    fputs("Options:\n", to);
    for (const struct option *o = command->options; o->name; o++)
        help_option_row(to, o, command->defaults);
    help_option_row(to, &help_option, command->defaults);
    if (command->details) {
        fputc('\n', to);
        wrap(to, command->details, 0, 0);
    }
}
