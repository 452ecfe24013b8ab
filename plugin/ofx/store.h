/* The frame store, read. Its layout is described in core/likeness_core/frame_store.py, and nowhere else. */

#ifndef LIKENESS_STORE_H
#define LIKENESS_STORE_H

#include "file.h"

#define STORE_NAME "frames.likeness" /* in the folder of a result */
#define STORE_PATH_BYTES 4096        /* longest path, with its end */

typedef enum {
    STORE_OK,
    STORE_NO_PATH,
    STORE_ABSENT,
    STORE_NOT_A_STORE,
    STORE_OTHER_VERSION,
    STORE_DAMAGED,
} StoreStatus;

typedef enum { STORE_ALPHA_NONE, STORE_ALPHA_STRAIGHT, STORE_ALPHA_MULTIPLIED } StoreAlpha;

typedef struct {
    File file;
    int width, height; /* pixels, 1 to 32768 */
    bool is_float;     /* 4 bytes a sample, else 2 */
    bool has_matte;
    StoreAlpha alpha;
    int64_t first; /* number of the first frame */
    int64_t count; /* frames, 1 to 2^24 */
    uint64_t flags_at, frames_at, stride;
} Store;

/* Opens the store that `path` (UTF-8) names, or the one in the folder that it names. Every field is checked against
   the size of the file; where the answer is not STORE_OK, nothing is left open. */
StoreStatus store_open(Store *store, const char *path);

void store_close(Store *store);

/* Whether a frame was finished. */
bool store_has(const Store *store, int64_t number);

/* How many frames were finished. */
int64_t store_ready_count(const Store *store);

/* Reads a row of a frame (0 = the topmost) as floats: RGBA, or the matte, one a pixel. `scratch` has room for a row of
   the picture as it lies in the file: `store_row_bytes`. */
bool store_read_picture(const Store *store, int64_t number, int row, void *scratch, float *levels);
bool store_read_matte(const Store *store, int64_t number, int row, void *scratch, float *levels);

/* Bytes of one row of a picture. */
size_t store_row_bytes(const Store *store);

/* What a status means, for the editor. */
const char *store_explanation(StoreStatus status);

#endif
