/* SHA-256 (FIPS 180-4), for comparing weights between machines. */
#ifndef PERF_SHA256_H
#define PERF_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
    uint32_t h[8];
    uint64_t size;
    unsigned char block[64];
};

void cr_sha256_start(struct sha256 *s);
void cr_sha256_add(struct sha256 *s, const void *data, size_t size);
void cr_sha256_hex(struct sha256 *s, char out[65]); /* ends it */

#endif
