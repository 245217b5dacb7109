/* Reading fixtures: words and numbers between white space. */
#ifndef TESTS_NET_FIXTURE_H
#define TESTS_NET_FIXTURE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WORD = 64 };

static inline void word(FILE *file, char *out)
{
    if (fscanf(file, "%63s", out) != 1)
        fail_msg("the file ends early");
}

static inline double number(FILE *file)
{
    char s[WORD], *end;
    word(file, s);
    const double v = strtod(s, &end);
    if (*end || !isfinite(v))
        fail_msg("'%s' is no number", s);
    return v;
}

/* A word, and n numbers after it. */
static inline void numbers(FILE *file, const char *name, double *out, size_t n)
{
    char got[WORD];
    word(file, got);
    assert_string_equal(got, name);
    for (size_t i = 0; i < n; i++)
        out[i] = number(file);
}

#endif
