/* chainrule COMMAND ...: finds the command, parses its options, runs it, and checks that
 * everything it printed was written. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chainrule/base.h"
#include "cli.h"

static int run_help(const void *p);

struct help_args {
    const char *command;
};
static const struct help_args help_defaults;
static const struct positional help_positionals[] = {
    {"COMMAND", "the command to explain", offsetof(struct help_args, command), .optional = 1},
    {0},
};
static const struct option no_options[] = {
    {0},
};
static const struct command help_command = {
    "help",
    "show what the commands do and which options they take",
    NULL,
    help_positionals,
    no_options,
    &help_defaults,
    sizeof help_defaults,
    run_help,
};

/* In the order of the overview. */
static const struct command *const commands[] = {
    &cli_init,  &cli_explain, &cli_figure,   &cli_worksheet, &cli_check,
    &cli_audit, &cli_train,   &cli_predict,  &cli_evaluate,  &cli_inspect,
    &cli_list,  &cli_bench,   &cli_selftest, &help_command,
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void print_overview(FILE *to)
{
    fputs("Usage: chainrule COMMAND [ARGUMENT...]\n\n"
          "Backpropagation that shows its work.\n\n",
          to);
    for (int i = 0; i < N_COMMANDS; i++)
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n'chainrule help COMMAND' or 'chainrule COMMAND --help' lists a command's options;\n"
          "'chainrule --version' prints the version.\n",
          to);
}

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[N_COMMANDS];
    for (int i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i]->name;
    const char *near = cr_suggest(name, names, N_COMMANDS);
    char hint[80];
    if (near)
        snprintf(hint, sizeof hint, "did you mean '%s'?", near);
    else
        snprintf(hint, sizeof hint, "'chainrule help' lists the commands");
    return cli_fail_text(hint, "unknown %s '%s'", name[0] == '-' ? "option" : "command", name);
}

static int run_help(const void *p)
{
    const struct help_args *args = p;
    if (!args->command) {
        print_overview(stdout);
        return CLI_DONE;
    }
    const struct command *command = find_command(args->command);
    if (!command)
        return unknown_command(args->command);
    cli_options_help(command, stdout);
    return CLI_DONE;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    char message[512];
    void *args = malloc(command->size);
    if (!args)
        return cli_fail_text(NULL, "out of memory");
    memcpy(args, command->defaults, command->size);
    int result = cli_options_parse(command, argc, argv, args, message, sizeof message);
    if (result < 0) {
        result = cli_usage_error(command, "%s", message);
    } else if (result > 0) {
        cli_options_help(command, stdout);
        result = CLI_DONE;
    } else {
        result = cli_check_overwrite(command, args);
        if (result == CLI_DONE)
            result = command->run(args);
    }
    free(args);
    return result;
}

/* A closed standard stream must not become some file that is opened later: its place is
 * taken by something that fails to be used. */
static void occupy_standard_streams(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            exit(CLI_FAILED);
}

/* The reader of a pipe went away: it has what it wanted, so nothing is said. */
static int reader_is_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

static int finish(int result)
{
    errno = 0;
    const int flushed = fflush(stdout) == 0;
    if (flushed && !ferror(stdout))
        return result;
    if (errno == EPIPE || reader_is_gone())
        return CLI_FAILED;
    if (errno)
        return cli_fail_text(NULL, "cannot write to standard output: %s", strerror(errno));
    return cli_fail_text(NULL, "cannot write to standard output");
}

int main(int argc, char **argv)
{
    occupy_standard_streams();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file over the limit is a failed write */
    if (argc < 2) {
        print_overview(stderr);
        return CLI_FAILED;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("chainrule %s\n", cr_version());
        return finish(CLI_DONE);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_overview(stdout);
        return finish(CLI_DONE);
    }
    const struct command *command = find_command(argv[1]);
    return finish(command ? run_command(command, argc - 2, argv + 2) : unknown_command(argv[1]));
}
