/* New files beside a path, which are renamed to it once they are whole and synced. */
#ifndef BASE_BESIDE_H
#define BASE_BESIDE_H

#include "base/text.h"

/* Open a new file beside the path to read and write it; its name goes to `temp`. -1 and errno. */
int cr_beside_open(const char *path, struct text *temp);

/* Sync the folder that holds the path. 0 and errno where that failed. */
int cr_beside_sync(const char *path);

/* Remove the files beside it that processes left which were killed while they wrote it, and are no more. */
void cr_beside_clean(const char *path);

#endif
