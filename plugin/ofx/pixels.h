/* Images of a host: any depth, any components, rows in either order, read and written as RGBA floats. */

#ifndef LIKENESS_PIXELS_H
#define LIKENESS_PIXELS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "abi.h"

typedef enum { BYTES = 1, SHORTS, HALVES, FLOATS } Depth;
typedef enum { ALPHA = 1, RGB = 3, RGBA = 4 } Components; /* how many samples a pixel has */

typedef struct {
    char *data;          /* pixel (bounds.x1, bounds.y1), lower left */
    ptrdiff_t row_bytes; /* to the row above; negative where the host keeps the top row first */
    RectI bounds;        /* what is there */
    RectI whole;         /* the clip's whole picture, of which it may be a tile */
    Depth depth;
    Components components;
    bool premultiplied;
} Image;

/* Row `y`, columns x1 to x2, as RGBA; 0 outside the image. Without alpha it is 1; without colour that is 0. */
void read_row(const Image *image, int x1, int x2, int y, float *rgba);

/* Writes what `read_row` reads, clipped and rounded to the depth. Columns outside the image are left out. */
void write_row(const Image *image, int x1, int x2, int y, const float *rgba);

/* Copies a row between images of any depths, bit for bit where they are alike. */
void copy_row(const Image *to, const Image *from, int x1, int x2, int y, float *scratch);

static inline int larger(int a, int b)
{
    return a > b ? a : b;
}

static inline int smaller(int a, int b)
{
    return a < b ? a : b;
}

static inline float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t bits_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* IEEE 754 half to float, exact and without branches. No denormal float appears: a host may have switched them off. */
static inline float float_of_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, size = half & 0x7FFF;
    uint32_t shifted = (size << 13) + (112u << 23); /* the exponent's other bias */
    uint32_t special = shifted + (112u << 23);      /* infinite or no number */
    uint32_t small = bits_of_float((float)(int32_t)size * 0x1p-24f);
    uint32_t bits = size >= 0x7C00 ? special : size < 0x400 ? small : shifted;
    return float_of_bits(sign | bits);
}

#endif
