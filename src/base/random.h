/* Random numbers that depend on nothing but a key and a position: the counter-based
 * generator Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy
 * as 1, 2, 3; SC 2011). There is no state, so any thread may ask for any number, in any
 * order, and a run can go on where it stopped. All results are the same on every
 * machine: only operations that IEEE 754 defines to the last bit are used. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* What a number is for; numbers for different purposes have nothing in common. */
enum random_purpose {
    RANDOM_INIT,          /* parameters: step = the parameter's index, position = element */
    RANDOM_SHUFFLE,       /* order of the rows: step = epoch */
    RANDOM_SPLIT,         /* held-out rows */
    RANDOM_CHECK,         /* inputs of checks and self-tests */
    RANDOM_BOOTSTRAP,     /* rows of a resample: step = resample */
    RANDOM_PERMUTE,       /* a shuffled column: step = repeat */
    RANDOM_DROPOUT,       /* masks: step = the update's number, position = layer, row and column */
    RANDOM_NOISE,         /* noise: the same */
    RANDOM_EXERCISE = 64, /* numbers of a worksheet: step = exercise; a sheet must not change */
};

struct random_key {
    uint64_t seed;
    uint32_t purpose; /* enum random_purpose; below 65536 */
    uint32_t step;
};

/* The 128 bits at a position. Counter: position (low, high word), step, purpose; key:
 * seed (low, high word). */
void cr_random_u32x4(struct random_key key, uint64_t position, uint32_t out[4]);

/* n words of a stream that has four for each position: those from number `first` on. */
void cr_random_words(struct random_key key, uint64_t first, size_t n, uint32_t *out);

/* Evenly from [0, 1): a multiple of 2^-53. */
double cr_random_uniform(struct random_key key, uint64_t position);

/* From the standard normal distribution (Box and Muller, accurate to some 1e-15);
 * at most 8.6 in magnitude. */
double cr_random_normal(struct random_key key, uint64_t position);

/* Evenly from 0 .. n-1, without bias; n > 0. */
uint64_t cr_random_below(struct random_key key, uint64_t position, uint64_t n);

/* Put the numbers 0 .. n-1 into p in random order (Fisher and Yates). */
void cr_random_permutation(struct random_key key, size_t *p, size_t n);

#endif
