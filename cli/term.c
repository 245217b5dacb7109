/* Terminals, messages and Ctrl-C. */
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

int cli_is_terminal(FILE *stream)
{
    return isatty(fileno(stream));
}

int cli_columns(FILE *stream)
{
    const char *columns = getenv("COLUMNS");
    const long n = columns && cli_is_terminal(stream) ? strtol(columns, NULL, 10) : 0;
    return n >= 20 && n <= 1000 ? (int)n : 80;
}

int cli_use_colour(FILE *stream)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return cli_is_terminal(stream) && (!no || !*no) && term && strcmp(term, "dumb") != 0;
}

/* The first "error:" bold red, a line of carets green; the rest as it is. */
static void print_coloured(const char *s)
{
    static const char word[] = "error:";
    const char *found = strstr(s, word);
    if (found) {
        fprintf(stderr, "%.*s\033[1;31m%s\033[0m", (int)(found - s), s, word);
        s = found + sizeof word - 1;
    }
    const char *caret = strrchr(s, '\n');
    for (caret = caret ? caret : s; caret > s && caret[-1] != '\n';)
        caret--;
    const size_t blank = strspn(caret, " ");
    if (blank && caret[blank] == '^')
        fprintf(stderr, "%.*s\033[1;32m%s\033[0m", (int)(caret - s), s, caret);
    else
        fputs(s, stderr);
}

int cli_fail(const cr_error *err)
{
    char text[2048];
    cr_error_format(err, text, sizeof text);
    fflush(stdout);
    if (!err->file[0])
        fputs("chainrule: ", stderr);
    if (cli_use_colour(stderr))
        print_coloured(text);
    else
        fputs(text, stderr);
    return err->code == CR_ERR_CANCELLED ? CLI_INTERRUPTED : CLI_FAILED;
}

/* What comes from a command line may hold what a terminal would obey. */
static void mask_controls(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7F)
            *s = '?';
}

int cli_fail_text(const char *hint, const char *fmt, ...)
{
    cr_error err = {.code = CR_ERR_ARGUMENT};
    va_list args;
    va_start(args, fmt);
    vsnprintf(err.message, sizeof err.message, fmt, args);
    va_end(args);
    mask_controls(err.message);
    if (hint)
        snprintf(err.hint, sizeof err.hint, "%s", hint);
    return cli_fail(&err);
}

int cli_usage_error(const struct command *command, const char *fmt, ...)
{
    cr_error err = {.code = CR_ERR_ARGUMENT};
    va_list args;
    va_start(args, fmt);
    vsnprintf(err.message, sizeof err.message, fmt, args);
    va_end(args);
    mask_controls(err.message);
    cli_fail(&err);
    fprintf(stderr, "Try 'chainrule help %s'.\n", command->name);
    return CLI_FAILED;
}

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

void cli_catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = note_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int cli_interrupted(void)
{
    return interrupted;
}
