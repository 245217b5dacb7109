/* Checksums and compression around bytes that were made up. */
#ifndef TESTS_FUZZ_MEND_H
#define TESTS_FUZZ_MEND_H

#include <stddef.h>

/* A copy of a ZIP archive in which every entry of the directory has the checksum of its bytes,
 * or NULL where there is no directory; freed with free. */
unsigned char *mend_zip(const unsigned char *bytes, size_t size);

/* A copy of at least 8 bytes of a checkpoint with the checksum that they should end with. */
unsigned char *mend_checkpoint(const unsigned char *bytes, size_t size);

/* The bytes as a gzip file of *n bytes; freed with free. */
unsigned char *gzip(const unsigned char *bytes, size_t size, size_t *n);

#endif
