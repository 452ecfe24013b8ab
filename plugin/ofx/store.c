#include "store.h"

#include <string.h>

#include "pixels.h"

enum {
    VERSION = 1,
    HEADER_BYTES = 128,
    CHANNELS = 4,
    PAGE = 4096,
    LARGEST_SIDE = 1 << 15,
    MOST_FRAMES = 1 << 24,
};

static uint32_t little32(const unsigned char *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint64_t little64(const unsigned char *bytes)
{
    return little32(bytes) | (uint64_t)little32(bytes + 4) << 32;
}

/* CRC-32 as of ISO 3309, bit by bit: the header is short. */
static uint32_t checksum(const unsigned char *bytes, size_t size)
{
    uint32_t remainder = 0xFFFFFFFF;
    for (size_t i = 0; i < size; i++) {
        remainder ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) remainder = remainder >> 1 ^ (0xEDB88320 & (0 - (remainder & 1)));
    }
    return ~remainder;
}

static uint64_t to_page(uint64_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE;
}

static StoreStatus read_header(Store *store)
{
    unsigned char header[HEADER_BYTES];
    uint64_t file_bytes;
    if (!file_size(&store->file, &file_bytes)) return STORE_ABSENT;
    if (!file_read(&store->file, 0, header, HEADER_BYTES)) return STORE_NOT_A_STORE;
    if (memcmp(header, "LIKENESS", 8) != 0) return STORE_NOT_A_STORE;
    if (little32(header + 8) != VERSION || little32(header + 12) != HEADER_BYTES) return STORE_OTHER_VERSION;
    if (little32(header + 124) != checksum(header, 124)) return STORE_DAMAGED;

    uint64_t width = little32(header + 16), height = little32(header + 20), sample = little32(header + 28);
    uint64_t alpha = little32(header + 32), matte = little32(header + 36), count = little64(header + 48);
    uint64_t flags_at = little64(header + 64), frames_at = little64(header + 72), stride = little64(header + 80);
    int64_t first = (int64_t)little64(header + 40);
    if (width < 1 || width > LARGEST_SIDE || height < 1 || height > LARGEST_SIDE) return STORE_DAMAGED;
    if (little32(header + 24) != CHANNELS || sample < 1 || sample > 2 || alpha > 2 || matte > 1) return STORE_DAMAGED;
    if (count < 1 || count > MOST_FRAMES) return STORE_DAMAGED;
    if (first < -(INT64_C(1) << 40) || first > INT64_C(1) << 40) return STORE_DAMAGED;

    /* A store has one form. No product overflows: sides are at most 2^15, so a frame is under 2^35, all under 2^60. */
    uint64_t frame_bytes = width * height * (CHANNELS + matte) * (sample == 2 ? 4 : 2);
    if (flags_at != HEADER_BYTES || frames_at != to_page(flags_at + count)) return STORE_DAMAGED;
    if (stride != to_page(frame_bytes) || file_bytes != frames_at + count * stride) return STORE_DAMAGED;

    store->width = (int)width;
    store->height = (int)height;
    store->is_float = sample == 2;
    store->has_matte = matte == 1;
    store->alpha = (StoreAlpha)alpha;
    store->first = first;
    store->count = (int64_t)count;
    store->flags_at = flags_at;
    store->frames_at = frames_at;
    store->stride = stride;
    return STORE_OK;
}

StoreStatus store_open(Store *store, const char *path)
{
    char inside[STORE_PATH_BYTES];
    size_t length = strlen(path);
    if (length == 0) return STORE_NO_PATH;
    if (!file_open(&store->file, path)) {
        if (length + sizeof "/" STORE_NAME > sizeof inside) return STORE_ABSENT;
        memcpy(inside, path, length);
        memcpy(inside + length, "/" STORE_NAME, sizeof "/" STORE_NAME);
        if (!file_open(&store->file, inside)) return STORE_ABSENT;
    }
    StoreStatus status = read_header(store);
    if (status != STORE_OK) store_close(store);
    return status;
}

void store_close(Store *store)
{
    file_close(&store->file);
}

bool store_has(const Store *store, int64_t number)
{
    unsigned char flag;
    if (number < store->first || number - store->first >= store->count) return false;
    uint64_t place = store->flags_at + (uint64_t)(number - store->first);
    return file_read(&store->file, place, &flag, 1) && flag == 1;
}

int64_t store_ready_count(const Store *store)
{
    unsigned char flags[4096];
    int64_t ready = 0;
    for (int64_t start = 0; start < store->count; start += (int64_t)sizeof flags) {
        size_t size = store->count - start < (int64_t)sizeof flags ? (size_t)(store->count - start) : sizeof flags;
        if (!file_read(&store->file, store->flags_at + (uint64_t)start, flags, size)) break;
        for (size_t i = 0; i < size; i++) ready += flags[i] == 1;
    }
    return ready;
}

static size_t sample_bytes(const Store *store)
{
    return store->is_float ? 4 : 2;
}

size_t store_row_bytes(const Store *store)
{
    return (size_t)store->width * CHANNELS * sample_bytes(store);
}

static bool read_samples(const Store *store, uint64_t place, size_t count, void *scratch, float *levels)
{
    if (!file_read(&store->file, place, scratch, count * sample_bytes(store))) return false;
    if (store->is_float) {
        const unsigned char *bytes = scratch;
        for (size_t i = 0; i < count; i++) levels[i] = float_of_bits(little32(bytes + 4 * i));
    } else {
        const unsigned char *bytes = scratch;
        for (size_t i = 0; i < count; i++) levels[i] = float_of_half((uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8));
    }
    return true;
}

bool store_read_picture(const Store *store, int64_t number, int row, void *scratch, float *levels)
{
    uint64_t place = store->frames_at + (uint64_t)(number - store->first) * store->stride;
    place += (uint64_t)row * store_row_bytes(store);
    return read_samples(store, place, (size_t)store->width * CHANNELS, scratch, levels);
}

bool store_read_matte(const Store *store, int64_t number, int row, void *scratch, float *levels)
{
    uint64_t place = store->frames_at + (uint64_t)(number - store->first) * store->stride;
    place += (uint64_t)store->height * store_row_bytes(store); /* behind the picture */
    place += (uint64_t)row * (size_t)store->width * sample_bytes(store);
    return read_samples(store, place, (size_t)store->width, scratch, levels);
}

const char *store_explanation(StoreStatus status)
{
    switch (status) {
    case STORE_OK: return "";
    case STORE_NO_PATH: return "choose a result: its folder, or frames.likeness in it";
    case STORE_ABSENT: return "no frame store there: make it with \"likeness store\"";
    case STORE_NOT_A_STORE: return "not a frame store";
    case STORE_OTHER_VERSION: return "made by another version: repeat \"likeness store\"";
    default: return "damaged or not copied whole: repeat \"likeness store\"";
    }
}
