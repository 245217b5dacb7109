/* chainrule init: a network file to start from. */
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

static const char start[] =
    "# A network file. 'chainrule explain FILE' works this example out, step by step;\n"
    "# change anything and run it again. docs/network-file.md describes every key.\n"
    "title: My first network\n"
    "\n"
    "# How quantities are written: numbered, arrows, nielsen, bishop, mazur or matrix.\n"
    "notation: arrows\n"
    "\n"
    "# What goes in: names and values. (For training on a table of data, only how many, such as\n"
    "# 'inputs: 4', or the names, such as 'inputs: [width, height]'.)\n"
    "inputs: {x1: 0.5, x2: -1}\n"
    "\n"
    "# From the inputs to the output. Units have names, or there is just their number.\n"
    "layers:\n"
    "  - units: [h1, h2]\n"
    "    # A name (sigmoid, tanh, relu, softmax, ...) or a formula, such as A(t) = t/10.\n"
    "    activation: sigmoid\n"
    "    # A row for each unit, a column for each input; or by connection, such as\n"
    "    # {x1->h1: 0.4, ...}; or a way to start, such as glorot-uniform or he-normal.\n"
    "    weights: [[0.4, -0.2], [0.3, 0.7]]\n"
    "    # One for each unit; or {shared: 0.1} for one in the whole layer; or none.\n"
    "    bias: [0.1, -0.3]\n"
    "  - units: [o]\n"
    "    activation: sigmoid\n"
    "    weights: [[0.6, -0.5]]\n"
    "    bias: [0.2]\n"
    "\n"
    "# What should come out.\n"
    "targets: {y: 1}\n"
    "\n"
    "# half-squared is 1/2 (output - target)^2; others are cross-entropy, huber, ...\n"
    "loss: half-squared\n"
    "\n"
    "optimiser: {name: gradient-descent, learning-rate: 0.5}\n";

struct args {
    const char *file, *output;
    int force;
};
static const struct args defaults = {.file = "network.yaml"};

static const struct positional positionals[] = {
    {"FILE", "the file to write, network.yaml by default; - is standard output",
     offsetof(struct args, file), .optional = 1},
    {0},
};

static const struct option options[] = {
    {"output", 'o', "FILE", "the same as FILE", OPTION_STRING, offsetof(struct args, output)},
    {"force", 0, NULL, "overwrite a file that is there", OPTION_FLAG, offsetof(struct args, force)},
    {0},
};

static int run(const void *p)
{
    const struct args *args = p;
    const char *path = args->output ? args->output : args->file;
    struct stat there;
    const int to_stdout = strcmp(path, "-") == 0;
    if (!to_stdout && !args->force && lstat(path, &there) == 0)
        return cli_fail_text("choose another name, or --force", "'%s' exists", path);
    const int result = cli_write(path, start, sizeof start - 1);
    if (result == CLI_DONE && !to_stdout)
        fprintf(stderr, "wrote %s\n", path);
    return result;
}

const struct command cli_init = {
    "init",
    "write a network file to start from",
    "Writes a small network file with comments: two inputs, two hidden units, one output.",
    positionals,
    options,
    &defaults,
    sizeof defaults,
    run,
};
