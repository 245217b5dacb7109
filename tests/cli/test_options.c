#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cli/options.c"

struct args {
    int flag, other;
    const char *output;
    int digits;
    size_t epochs, memory;
    uint64_t seed;
    double rate;
    int format;
    const char *file, *more;
};
static const struct args defaults = {.digits = -1, .epochs = 10, .rate = 0.1, .format = 1};
static const char *const formats[] = {"text", "markdown", "json", NULL};
static const struct positional positionals[] = {
    {"FILE", "the file", offsetof(struct args, file), .optional = 0},
    {"MORE", "another one", offsetof(struct args, more), .optional = 1},
    {0},
};
static const struct option options[] = {
    {"flag", 'f', NULL, "a flag", OPTION_FLAG, offsetof(struct args, flag)},
    {"other", 'x', NULL, "another flag", OPTION_FLAG, offsetof(struct args, other)},
    {"output", 'o', "FILE", "write to FILE", OPTION_STRING, offsetof(struct args, output)},
    {"digits", 0, "N", "decimal places", OPTION_INT, offsetof(struct args, digits), .min = 0,
     .max = 40},
    {"epochs", 'e', "N",
     "how long, said in so many words that the line has to be broken "
     "before it ends",
     OPTION_SIZE, offsetof(struct args, epochs), .min = 1, .max = HUGE_VAL},
    {"max-memory", 0, "SIZE", "the most memory", OPTION_BYTES, offsetof(struct args, memory)},
    {"seed", 0, "N", "random numbers", OPTION_SEED, offsetof(struct args, seed)},
    {"rate", 'r', "X", "learning rate", OPTION_DOUBLE, offsetof(struct args, rate)},
    {"format", 0, "WORD", "how to write", OPTION_CHOICE, offsetof(struct args, format),
     .choices = formats},
    {0},
};
static const struct command command = {
    "try", "try things", NULL, positionals, options, &defaults, sizeof defaults, NULL,
};

static char message[256];

/* The words of a line, parsed. */
static int parse(const char *line, struct args *args)
{
    static char copy[512];
    char *argv[16];
    int argc = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word && argc < 16; word = strtok(NULL, " "))
        argv[argc++] = word;
    *args = defaults;
    message[0] = '\0';
    return cli_options_parse(&command, argc, argv, args, message, sizeof message);
}

static void takes_every_kind(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(parse("in --digits=3 --epochs 7 -o out --max-memory 2k "
                           "--seed 18446744073709551615 --rate -0.5 --format json -f",
                           &a),
                     0);
    assert_string_equal(a.file, "in");
    assert_null(a.more);
    assert_int_equal(a.digits, 3);
    assert_true(a.epochs == 7 && a.memory == 2048 && a.seed == UINT64_MAX);
    assert_true(a.rate == -0.5);
    assert_int_equal(a.format, 2);
    assert_int_equal(a.flag, 1);
    assert_int_equal(a.other, 0);
    assert_string_equal(a.output, "out");
}

static void takes_letters_together(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(parse("-fxoout in", &a), 0);
    assert_true(a.flag && a.other);
    assert_string_equal(a.output, "out");
    assert_int_equal(parse("-r -1e-3 in", &a), 0);
    assert_true(a.rate == -1e-3);
    assert_int_equal(parse("in -h", &a), 1);
    assert_int_equal(parse("--help", &a), 1);
}

static void keeps_defaults_and_takes_dashes(void **state)
{
    (void)state;
    struct args a;
    assert_int_equal(parse("-- -f --digits", &a), 0);
    assert_string_equal(a.file, "-f");
    assert_string_equal(a.more, "--digits");
    assert_true(a.digits == -1 && a.epochs == 10 && a.rate == 0.1 && a.format == 1 && !a.flag);
    assert_int_equal(parse("- -5", &a), 0);
    assert_string_equal(a.file, "-");
    assert_string_equal(a.more, "-5");
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"", "missing argument FILE: the file"},
        {"a b c", "unexpected argument 'c'"},
        {"a --digit 3", "unknown option '--digit'; did you mean '--digits'?"},
        {"a --max 3", "unknown option '--max'; did you mean '--max-memory'?"},
        {"a --zzz", "unknown option '--zzz'"},
        {"a -q", "unknown option '-q'"},
        {"a --flag=1", "option --flag takes no value"},
        {"a --digits", "option --digits needs a value: --digits N"},
        {"a -o --flag", "option --output needs a value, not the option --flag; if it is one: "
                        "--output=--flag"},
        {"a --digits 41", "--digits: 41 is out of range; it must be from 0 to 40"},
        {"a --digits -1", "--digits: -1 is out of range; it must be from 0 to 40"},
        {"a --digits 3x", "--digits: '3x' is not a whole number"},
        {"a --digits 99999999999", "--digits: 99999999999 is too large"},
        {"a --epochs 0", "--epochs: 0 is too small; at least 1 is needed"},
        {"a --epochs -3", "--epochs: '-3' is not a whole number of 0 or more"},
        {"a --epochs 99999999999999999999", "--epochs: 99999999999999999999 is too large"},
        {"a --max-memory 3X", "--max-memory: '3X' is not a whole number (with k, M, G or T)"},
        {"a --max-memory 99999999T", "--max-memory: 99999999T is too large"},
        {"a --rate nan", "--rate: 'nan' is not a number"},
        {"a --rate 0x1p3", "--rate: '0x1p3' is not a number"},
        {"a --rate 1e999", "--rate: '1e999' is not a number"},
        {"a --rate=", "--rate: '' is not a number"},
        {"a --format jsno", "--format: unknown value 'jsno'; did you mean 'json'?"},
        {"a --format ?", "--format: unknown value '?'; choose from text, markdown, json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct args a;
        assert_int_equal(parse(cases[i].line, &a), -1);
        assert_string_equal(message, cases[i].message);
    }
}

static void helps(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    cli_options_help(&command, to);
    fclose(to);
    assert_string_equal(
        text, "Usage: chainrule try [OPTION...] FILE [MORE]\n"
              "\n"
              "Try things.\n"
              "\n"
              "  FILE                  the file\n"
              "  MORE                  another one\n"
              "\n"
              "Options:\n"
              "  -f, --flag            a flag\n"
              "  -x, --other           another flag\n"
              "  -o, --output FILE     write to FILE\n"
              "      --digits N        decimal places\n"
              "  -e, --epochs N        how long, said in so many words that the line has to be\n"
              "                        broken before it ends (default: 10)\n"
              "      --max-memory SIZE\n"
              "                        the most memory (default: 0)\n"
              "      --seed N          random numbers (default: 0)\n"
              "  -r, --rate X          learning rate (default: 0.1)\n"
              "      --format WORD     how to write: text, markdown or json (default: markdown)\n"
              "  -h, --help            show this help\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_every_kind),
        cmocka_unit_test(takes_letters_together),
        cmocka_unit_test(keeps_defaults_and_takes_dashes),
        cmocka_unit_test(refuses),
        cmocka_unit_test(helps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
