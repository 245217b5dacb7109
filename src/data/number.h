/* Cells as numbers and dates. */
#ifndef DATA_NUMBER_H
#define DATA_NUMBER_H

#include <stddef.h>

/* What a cell is. The order is that in which a column takes them. */
enum cell { CELL_MISSING, CELL_WHOLE, CELL_FRACTION, CELL_INFINITE, CELL_TIME, CELL_TEXT };

/* Read n bytes, without blanks at their ends, as a number: the nearest double, ties to even.
 * CELL_INFINITE for inf, infinity and what is too large; CELL_MISSING for an empty cell and
 * the words that stand for one; else CELL_TEXT. *out is NaN where it is no finite number. */
enum cell cr_cell_number(const char *s, size_t n, double *out);

/* Read a number of at most 19 digits and a small exponent that begins at s: where it ends, with its
 * value (the nearest double) and whether it is not whole. NULL, with both unspecified, where there is
 * none or it is of another kind. */
const char *cr_number_scan(const char *s, const char *end, double *out, int *fraction);

/* Is it a number as people write it and cr_cell_number does not read it: with a decimal comma,
 * something between thousands, a currency or a percent sign. */
int cr_cell_is_formatted_number(const char *s, size_t n);
#define NUMBER_HINT                                                                                \
    "a number is written 1234.5: with a decimal point, nothing between thousands, and no sign of " \
    "money or percent"

/* Is it empty, or NA, N/A, NaN, null or ?, in any case. */
int cr_cell_is_missing(const char *s, size_t n);

/* 0 for 0, f, false, n, no; 1 for 1, t, true, y, yes, in any case; else -1. */
int cr_cell_boolean(const char *s, size_t n);

/* Read a date: 2024-02-29, 2024/02/29 or 29.02.2024, alone or with T or a blank and a time of
 * day: 13:45, 13:45:30 or 13:45:30.25, alone or with Z, +02:00 or +0200. Seconds since
 * 1970-01-01 00:00 UTC. 0 for anything else and for days that no calendar has. */
int cr_cell_time(const char *s, size_t n, double *out);

/* The parts of a time. */
struct time_parts {
    int year, month, day, weekday; /* month and day from 1; weekday from 1, Monday */
    double hour;                   /* with minutes and seconds as its fraction */
};
struct time_parts cr_time_parts(double seconds);

/* "2024-02-29", or "2024-02-29T13:45:30Z". buf has 40 bytes or more; returns buf. */
char *cr_time_text(double seconds, char *buf);

#endif
