/* The whole of a file under the source folder; freed with free. Fails the test. */
#ifndef TESTS_FORMATS_READ_ALL_H
#define TESTS_FORMATS_READ_ALL_H

#include <stdio.h>
#include <stdlib.h>

static inline char *read_all(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    const long n = ftell(file);
    rewind(file);
    char *text = malloc((size_t)n + 1);
    *size = fread(text, 1, (size_t)n, file);
    text[*size] = '\0';
    fclose(file);
    return text;
}

#endif
