/* Network files with random damage: reading ends with a network that can be written and
 * read again, or with an error that has a message and a place inside the text. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/network_file.h"
#include "formats/read_all.h"
#include "formats/same_spec.h"

enum { MAX_FILES = 400, MAX_SIZE = 4096, ROUNDS = 6000 };

static struct {
    char *text[MAX_FILES];
    size_t size[MAX_FILES];
    int n;
} corpus;

static uint64_t seed = 20261121;

static uint64_t next_random(void)
{
    uint64_t z = seed += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static size_t below(size_t n)
{
    return n ? (size_t)(next_random() % n) : 0;
}

static void add_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e && corpus.n < MAX_FILES; e = readdir(dir)) {
        char path[512];
        const size_t n = strlen(e->d_name);
        if (n < 5 || strcmp(e->d_name + n - 5, ".yaml") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        corpus.text[corpus.n] = read_all(path, &corpus.size[corpus.n]);
        assert_non_null(corpus.text[corpus.n]);
        corpus.n++;
    }
    closedir(dir);
}

static const char *const pieces[] = {
    "[",
    "]",
    "{",
    "}",
    ":",
    ": ",
    ",",
    "- ",
    "\n",
    "\n  ",
    "#",
    "'",
    "\"",
    "&a ",
    "*a",
    "!t ",
    "|",
    ">",
    "%",
    "? ",
    "---\n",
    "...\n",
    "\t",
    "\r\n",
    "->",
    "\xE2\x86\x92",
    "\xE2\x88\x92",
    "\xC3\xA9",
    "\xFF",
    "\xEF\xBB\xBF",
    "0",
    "1e999",
    "-1",
    "1/0",
    ".nan",
    "null",
    "~",
    "99999999999999999999",
    "inputs",
    "units: ",
    "add: ",
    "concat: ",
    "scale: ",
    "norm: ",
    "dropout: 0.5",
    "noise: 1",
    "parametrisation: ntk",
    "from: ",
    "sigmoid",
    "softmax",
    "cross-entropy",
    "weights: ",
    "bias: ",
    "shared: ",
    "init: ",
    "examples: ",
    "targets: ",
    "\"a\\0\"",
    "\\0",
    "t/10",
    "(",
    ")",
    "^",
};

static size_t insert(char *text, size_t size, size_t at, const char *s, size_t n)
{
    if (size + n > MAX_SIZE)
        return size;
    memmove(text + at + n, text + at, size - at);
    memcpy(text + at, s, n);
    return size + n;
}

static size_t damage(char *text, size_t size)
{
    const size_t at = below(size + 1);
    const char *piece = pieces[below(sizeof pieces / sizeof *pieces)];
    size_t n = 1 + below(16);
    switch (below(6)) {
    case 0: /* a byte changes */
        if (at < size)
            text[at] = (char)next_random();
        return size;
    case 1: /* a piece is put in */
    case 2: return insert(text, size, at, piece, strlen(piece));
    case 3: /* some bytes go */
        n = n < size - at ? n : size - at;
        memmove(text + at, text + at + n, size - at - n);
        return size - n;
    case 4: { /* some bytes come twice */
        char copy[16];
        n = n < size - at ? n : size - at;
        memcpy(copy, text + at, n);
        return insert(text, size, below(size + 1), copy, n);
    }
    default: { /* a part of another file */
        const size_t f = below((size_t)corpus.n), from = below(corpus.size[f]);
        n = below(corpus.size[f] - from);
        return insert(text, size, at, corpus.text[f] + from, n);
    }
    }
}

static void check_error(const cr_error *err, const char *text, size_t size)
{
    int lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    assert_true(err->message[0] != '\0');
    assert_true(err->code != CR_OK && err->code != CR_ERR_MEMORY);
    assert_in_range(err->line, 0, lines + 1);
    assert_string_equal(err->file, "fuzz.yaml");
}

static void check_spec(const struct spec *spec)
{
    struct text text = {0};
    struct spec *again = NULL;
    cr_error err = {0};
    assert_int_equal(cr_network_file_write(spec, NETWORK_FILE_PARAMETERS, &text), CR_OK);
    const cr_status status = cr_network_file_read(text.s, text.len, NULL, 0, &again, &err);
    const char *what = status ? err.message : spec_differs(spec, again, 1);
    if (what)
        print_error("%s\n%s\n", text.s, what);
    assert_null(what);
    cr_spec_free(again);
    cr_text_free(&text);
}

static void damaged_files(void **state)
{
    (void)state;
    int accepted = 0;
    char text[MAX_SIZE];
    add_folder(SOURCE_DIR "/examples/worked");
    const int good = corpus.n;
    add_folder(SOURCE_DIR "/tests/formats/bad");
    for (int round = 0; round < ROUNDS; round++) {
        const size_t f = below((size_t)(round % 2 ? good : corpus.n));
        size_t size = corpus.size[f] < MAX_SIZE ? corpus.size[f] : MAX_SIZE;
        memcpy(text, corpus.text[f], size);
        for (size_t i = below(4); i-- > 0;)
            size = damage(text, size);
        /* The exact size, so that a sanitizer sees a read past the end. */
        char *exact = malloc(size ? size : 1);
        memcpy(exact, text, size);
        struct spec *spec = NULL;
        cr_error err = {0};
        if (cr_network_file_read(exact, size, "fuzz.yaml", 1 << 24, &spec, &err) == CR_OK) {
            accepted++;
            check_spec(spec);
            cr_spec_free(spec);
        } else {
            check_error(&err, exact, size);
        }
        free(exact);
    }
    assert_in_range(accepted, ROUNDS / 20, ROUNDS);
    for (int i = 0; i < corpus.n; i++)
        free(corpus.text[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(damaged_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
