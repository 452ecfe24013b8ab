#include "pixels.h"

#define INLINE static inline __attribute__((always_inline))

INLINE size_t depth_bytes(Depth depth)
{
    return depth == BYTES ? 1 : depth == FLOATS ? 4 : 2;
}

static char *pixel(const Image *image, int x, int y)
{
    ptrdiff_t across = (ptrdiff_t)(x - image->bounds.x1) * (ptrdiff_t)(depth_bytes(image->depth) * image->components);
    return image->data + (ptrdiff_t)(y - image->bounds.y1) * image->row_bytes + across;
}

/* To the nearest half, ties to even; too large becomes infinite, NaN stays NaN. */
INLINE uint16_t half_of_float(float value)
{
    uint32_t bits = bits_of_float(value), sign = bits >> 16 & 0x8000, size = bits & 0x7FFFFFFF;
    if (size > 0x7F800000) return (uint16_t)(sign | 0x7E00);
    if (size >= 0x477FF000) return (uint16_t)(sign | 0x7C00); /* 65520 and more */
    if (size < 0x33000001) return (uint16_t)sign;             /* half of the smallest denormal, or less */
    uint32_t fraction, dropped;
    int exponent = (int)(size >> 23) - 112;
    if (exponent > 0) {
        fraction = (uint32_t)exponent << 10 | (size >> 13 & 0x3FF);
        dropped = size << 19;
    } else {
        uint32_t whole = (size & 0x7FFFFF) | 0x800000;
        int shift = 14 - exponent; /* 14 to 24 */
        fraction = whole >> shift;
        dropped = whole << (32 - shift);
    }
    fraction += dropped > 0x80000000 || (dropped == 0x80000000 && (fraction & 1)); /* may carry into the exponent */
    return (uint16_t)(sign | fraction);
}

INLINE float sample_at(const char *at, Depth depth)
{
    uint16_t two;
    float four;
    switch (depth) {
    case BYTES: return (float)*(const unsigned char *)at / 255.0f;
    case SHORTS: memcpy(&two, at, 2); return (float)two / 65535.0f;
    case HALVES: memcpy(&two, at, 2); return float_of_half(two);
    default: memcpy(&four, at, 4); return four;
    }
}

INLINE uint16_t whole_number(float level, float most)
{
    if (!(level > 0)) return 0; /* NaN, too */
    if (level >= 1) return (uint16_t)most;
    return (uint16_t)((double)level * most + 0.5); /* in double, so that the rounding is exact */
}

INLINE void put_sample(char *at, Depth depth, float level)
{
    uint16_t two;
    switch (depth) {
    case BYTES: *(unsigned char *)at = (unsigned char)whole_number(level, 255); break;
    case SHORTS: two = whole_number(level, 65535); memcpy(at, &two, 2); break;
    case HALVES: two = half_of_float(level); memcpy(at, &two, 2); break;
    default: memcpy(at, &level, 4); break;
    }
}

/* Written once and compiled for each depth: `depth` is a constant wherever these are called. */

INLINE void read_pixels(const char *at, int count, Depth depth, Components components, float *rgba)
{
    size_t step = depth_bytes(depth), stride = step * components;
    if (components == ALPHA)
        for (int i = 0; i < count; i++) rgba[4 * i + 3] = sample_at(at + (size_t)i * stride, depth);
    else
        for (int i = 0; i < count; i++, at += stride) {
            for (size_t k = 0; k < 3; k++) rgba[4 * i + (int)k] = sample_at(at + k * step, depth);
            rgba[4 * i + 3] = components == RGBA ? sample_at(at + 3 * step, depth) : 1;
        }
}

INLINE void write_pixels(char *at, int count, Depth depth, Components components, const float *rgba)
{
    size_t step = depth_bytes(depth), stride = step * components;
    if (components == ALPHA)
        for (int i = 0; i < count; i++) put_sample(at + (size_t)i * stride, depth, rgba[4 * i + 3]);
    else
        for (int i = 0; i < count; i++, at += stride)
            for (size_t k = 0; k < components; k++) put_sample(at + k * step, depth, rgba[4 * i + (int)k]);
}

void read_row(const Image *image, int x1, int x2, int y, float *rgba)
{
    int from = larger(x1, image->bounds.x1), count = smaller(x2, image->bounds.x2) - from;
    memset(rgba, 0, (size_t)(x2 - x1) * 4 * sizeof *rgba);
    if (!image->data || y < image->bounds.y1 || y >= image->bounds.y2 || count <= 0) return;
    const char *at = pixel(image, from, y);
    float *out = rgba + (size_t)(from - x1) * 4;
    switch (image->depth) {
    case BYTES: read_pixels(at, count, BYTES, image->components, out); break;
    case SHORTS: read_pixels(at, count, SHORTS, image->components, out); break;
    case HALVES: read_pixels(at, count, HALVES, image->components, out); break;
    default: read_pixels(at, count, FLOATS, image->components, out); break;
    }
}

void write_row(const Image *image, int x1, int x2, int y, const float *rgba)
{
    int from = larger(x1, image->bounds.x1), count = smaller(x2, image->bounds.x2) - from;
    if (y < image->bounds.y1 || y >= image->bounds.y2 || count <= 0) return;
    char *at = pixel(image, from, y);
    const float *in = rgba + (size_t)(from - x1) * 4;
    switch (image->depth) {
    case BYTES: write_pixels(at, count, BYTES, image->components, in); break;
    case SHORTS: write_pixels(at, count, SHORTS, image->components, in); break;
    case HALVES: write_pixels(at, count, HALVES, image->components, in); break;
    default: write_pixels(at, count, FLOATS, image->components, in); break;
    }
}

void copy_row(const Image *to, const Image *from, int x1, int x2, int y, float *scratch)
{
    bool alike = from->data && to->depth == from->depth && to->components == from->components;
    bool held = y >= from->bounds.y1 && y < from->bounds.y2 && x1 >= from->bounds.x1 && x2 <= from->bounds.x2;
    if (alike && held) {
        size_t size = (size_t)(x2 - x1) * depth_bytes(to->depth) * to->components;
        memmove(pixel(to, x1, y), pixel(from, x1, y), size);
        return;
    }
    read_row(from, x1, x2, y, scratch);
    write_row(to, x1, x2, y, scratch);
}
