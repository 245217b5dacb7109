/* A growing text buffer. The first failed allocation sets `failed` and later calls
 * do nothing, so a writer checks once, at the end. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>

struct text {
    char *s; /* terminated once anything was written; NULL before */
    size_t len, cap;
    int failed;
};

void cr_text_free(struct text *t);
void cr_text_clear(struct text *t);              /* empty, memory kept */
void cr_text_add(struct text *t, const char *s); /* a string */
void cr_text_addn(struct text *t, const char *s, size_t n);
void cr_text_addc(struct text *t, char c);
void cr_text_repeat(struct text *t, char c, size_t n);
void cr_text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cr_text_vprintf(struct text *t, const char *fmt, va_list args);
const char *cr_text_str(const struct text *t); /* never NULL */

/* The shortest decimal that reads back to the same double ("0.1", "1e+300", "-0",
 * "nan", "inf"), and the same for a float. buf has at least 32 bytes; returns buf. */
char *cr_shortest_f64(double v, char *buf);
char *cr_shortest_f32(float v, char *buf);

/* Parse a whole decimal number (optional sign, digits, '.', exponent; "inf" and
 * "nan" are not accepted) of n bytes, independent of the locale. 1 on success. */
int cr_parse_f64(const char *s, size_t n, double *out);

/* UTF-8. cr_utf8_next decodes one code point at s (n > 0 bytes left), stores it, and
 * returns its length in bytes; an invalid byte gives U+FFFD and length 1.
 * cr_utf8_columns: how many terminal columns n bytes take (combining marks 0, wide
 * characters 2). cr_utf8_count: how many code points. */
size_t cr_utf8_next(const char *s, size_t n, unsigned *code);
size_t cr_utf8_count(const char *s, size_t n);
size_t cr_utf8_columns(const char *s, size_t n);

#endif
