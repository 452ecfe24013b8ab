/* Reading a file by place, alike on every system. Threads may read one file at once. */

#ifndef LIKENESS_FILE_H
#define LIKENESS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    intptr_t handle;
} File;

/* Opens a file, not a folder, for reading; `path` is UTF-8. Others may write to it and rename it meanwhile. */
bool file_open(File *file, const char *path);

void file_close(File *file);

/* Size in bytes. */
bool file_size(const File *file, uint64_t *size);

/* Reads exactly `size` bytes at `offset`; false where there are fewer. */
bool file_read(const File *file, uint64_t offset, void *bytes, size_t size);

#endif
