#include "frame.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    BAND = 16, /* rows between two questions whether to stop */
    MOST_THREADS = 64,
    PROXIES = 6,
};

static const int parts[PROXIES] = {1, 2, 3, 4, 8, 16}; /* the whole, and the proxies that hosts make */

/* What one thread needs for a row. */
typedef struct {
    void *scratch;                  /* a row as it lies in the store */
    float *levels, *sum;            /* a row of the store */
    float *source, *result, *matte; /* a row of the window */
} Buffers;

/* What the threads share. */
typedef struct {
    const Frame *frame;
    const Caller *caller;
    atomic_int next_row;
    atomic_bool broken, stopped;
} Work;

static bool fits(int found, int stored, double scale, int part)
{
    double wanted = stored * scale / part, apart = found - wanted;
    if (scale == 1 && part == 1) return found == stored;
    return apart > -1 && apart < 1; /* hosts round up or down */
}

static bool fits_rect(const Store *store, const RectI *rect, double scale_x, double scale_y)
{
    int64_t width = (int64_t)rect->x2 - rect->x1, height = (int64_t)rect->y2 - rect->y1;
    if (width < 1 || width > store->width * 2 || height < 1 || height > store->height * 2) return false;
    for (int i = 0; i < PROXIES; i++)
        if (fits((int)width, store->width, scale_x, parts[i]) && fits((int)height, store->height, scale_y, parts[i]))
            return true;
    return false;
}

bool frame_place(const Store *store, const Image *image, double scale_x, double scale_y, RectI *place)
{
    bool whole = fits_rect(store, &image->whole, scale_x, scale_y);
    *place = whole ? image->whole : image->bounds; /* some hosts leave the whole of a tile out */
    return whole || fits_rect(store, &image->bounds, scale_x, scale_y);
}

/* How much of part `index` of the store lies in pixel `at` of the picture, and which parts do: both are cut into
   stored * shown units, so that all is exact. */
typedef struct {
    int64_t start, stop; /* parts */
    int64_t from, to;    /* units */
} Cover;

static Cover cover_of(int at, int stored, int shown)
{
    int64_t from = (int64_t)at * stored, to = from + stored;
    return (Cover){from / shown, (to + shown - 1) / shown, from, to};
}

static float weight_of(const Cover *cover, int64_t index, int stored, int shown)
{
    int64_t from = index * shown, to = from + shown;
    if (from < cover->from) from = cover->from;
    if (to > cover->to) to = cover->to;
    return (float)(to - from) / (float)stored;
}

/* Columns x1 to x2 of row `y` from the store, the mean over the area that each pixel covers: 1:1 as it is. */
static bool read_stored(const Frame *frame, const Buffers *buffers, int x1, int x2, int y, int channels, float *out)
{
    const Store *store = frame->store;
    const RectI *place = &frame->place;
    int shown_width = place->x2 - place->x1, shown_height = place->y2 - place->y1;
    size_t samples = (size_t)store->width * (size_t)channels;
    Cover rows = cover_of(place->y2 - 1 - y, store->height, shown_height);
    float *row = buffers->levels;
    for (int64_t i = rows.start; i < rows.stop; i++) {
        bool read = channels == 1
                        ? store_read_matte(store, frame->number, (int)i, buffers->scratch, buffers->levels)
                        : store_read_picture(store, frame->number, (int)i, buffers->scratch, buffers->levels);
        if (!read) return false;
        if (rows.stop - rows.start == 1) break;
        float weight = weight_of(&rows, i, store->height, shown_height);
        row = buffers->sum;
        if (i == rows.start) memset(row, 0, samples * sizeof *row);
        for (size_t k = 0; k < samples; k++) row[k] += weight * buffers->levels[k];
    }
    if (shown_width == store->width) {
        size_t pixel_bytes = (size_t)channels * sizeof *out;
        memcpy(out, row + (ptrdiff_t)(x1 - place->x1) * channels, (size_t)(x2 - x1) * pixel_bytes);
        return true;
    }
    for (int x = x1; x < x2; x++, out += channels) {
        Cover columns = cover_of(x - place->x1, store->width, shown_width);
        memset(out, 0, (size_t)channels * sizeof *out);
        for (int64_t i = columns.start; i < columns.stop; i++) {
            float weight = weight_of(&columns, i, store->width, shown_width);
            for (int k = 0; k < channels; k++) out[k] += weight * row[i * channels + k];
        }
    }
    return true;
}

/* The stored pixel as the host's images have theirs: with the source's alpha where the store has none. */
static void adopt_alpha(StoreAlpha held, bool premultiplied, float source_alpha, float *rgba)
{
    if (held == STORE_ALPHA_NONE) rgba[3] = source_alpha;
    float factor = 1;
    if (premultiplied && held != STORE_ALPHA_MULTIPLIED) factor = rgba[3];
    if (!premultiplied && held == STORE_ALPHA_MULTIPLIED && rgba[3] > 0) factor = 1 / rgba[3];
    if (factor == 1) return;
    for (int i = 0; i < 3; i++) rgba[i] *= factor;
}

static float apart(float a, float b)
{
    return a > b ? a - b : b - a;
}

/* Without a matte of its own, the result differs where a channel does by more than an 8-bit step: a host of 8 bits has
   rounded the source by up to half of one. */
static float matte_of(const float *source, const float *result)
{
    for (int i = 0; i < 4; i++)
        if (apart(source[i], result[i]) > 1.0f / 255) return 1;
    return 0;
}

/* A row of stored pixels becomes what is shown. `matte` is NULL where the store has none. */
static void show(const Frame *frame, const float *source, const float *matte, float *result, int count)
{
    StoreAlpha held = frame->store->alpha;
    for (int i = 0; i < count; i++) adopt_alpha(held, frame->output.premultiplied, source[4 * i + 3], result + 4 * i);
    if (frame->view == VIEW_MATTE) {
        for (int i = 0; i < count; i++) {
            float *pixel = result + 4 * i, level = matte ? matte[i] : matte_of(source + 4 * i, pixel);
            pixel[0] = pixel[1] = pixel[2] = level;
            pixel[3] = frame->output.components == ALPHA ? level : 1;
        }
    } else if (frame->view == VIEW_DIFFERENCE) {
        for (int i = 0; i < 4 * count; i++) result[i] = frame->gain * apart(result[i], source[i]);
        for (int i = 0; i < count && frame->output.components != ALPHA; i++) result[4 * i + 3] = 1;
    } else if (frame->mix != 1) { /* at 1 the result is exact */
        for (int i = 0; i < 4 * count; i++) result[i] = source[i] + frame->mix * (result[i] - source[i]);
    }
}

static bool render_row(const Frame *frame, const Buffers *buffers, int y)
{
    const RectI *window = &frame->window, *place = &frame->place;
    copy_row(&frame->output, &frame->source, window->x1, window->x2, y, buffers->source);
    if (!frame->store || y < place->y1 || y >= place->y2) return true;
    int x1 = larger(window->x1, place->x1), x2 = smaller(window->x2, place->x2);
    if (x1 >= x2) return true;
    bool with_matte = frame->view == VIEW_MATTE && frame->store->has_matte;
    if (!read_stored(frame, buffers, x1, x2, y, 4, buffers->result)) return false;
    if (with_matte && !read_stored(frame, buffers, x1, x2, y, 1, buffers->matte)) return false;
    read_row(&frame->source, x1, x2, y, buffers->source);
    show(frame, buffers->source, with_matte ? buffers->matte : NULL, buffers->result, x2 - x1);
    write_row(&frame->output, x1, x2, y, buffers->result);
    return true;
}

static bool make_buffers(const Frame *frame, Buffers *buffers)
{
    size_t shown = (size_t)(frame->window.x2 - frame->window.x1);
    size_t stored = frame->store ? (size_t)frame->store->width : 1;
    size_t scratch = frame->store ? store_row_bytes(frame->store) : 1;
    *buffers = (Buffers){
        .scratch = malloc(scratch),
        .levels = malloc(stored * 4 * sizeof(float)),
        .sum = malloc(stored * 4 * sizeof(float)),
        .source = malloc(shown * 4 * sizeof(float)),
        .result = malloc(shown * 4 * sizeof(float)),
        .matte = malloc(shown * sizeof(float)),
    };
    return buffers->scratch && buffers->levels && buffers->sum && buffers->source && buffers->result && buffers->matte;
}

static void free_buffers(Buffers *buffers)
{
    free(buffers->scratch);
    free(buffers->levels);
    free(buffers->sum);
    free(buffers->source);
    free(buffers->result);
    free(buffers->matte);
}

/* Takes bands until none is left: right however many threads the host really starts. */
static void render_bands(unsigned int index, unsigned int count, void *argument)
{
    (void)index, (void)count;
    Work *work = argument;
    const Frame *frame = work->frame;
    Buffers buffers;
    if (!make_buffers(frame, &buffers)) work->broken = true;
    while (!work->broken && !work->stopped) {
        int row = atomic_fetch_add(&work->next_row, BAND);
        if (row >= frame->window.y2) break;
        if (work->caller->stop && work->caller->stop(work->caller->effect)) {
            work->stopped = true;
            break;
        }
        for (int y = row; y < smaller(row + BAND, frame->window.y2) && !work->broken; y++)
            if (!render_row(frame, &buffers, y)) work->broken = true;
    }
    free_buffers(&buffers);
}

bool frame_render(const Frame *frame, const Caller *caller)
{
    Work work = {.frame = frame, .caller = caller, .next_row = frame->window.y1};
    if (frame->window.x1 >= frame->window.x2 || frame->window.y1 >= frame->window.y2) return true;
    unsigned int count = 1;
    if (caller->threads && caller->threads->num_cpus && caller->threads->multi_thread)
        if (caller->threads->num_cpus(&count) != OK) count = 1;
    unsigned int bands = (unsigned int)((frame->window.y2 - frame->window.y1 + BAND - 1) / BAND);
    if (count > bands) count = bands;
    if (count > MOST_THREADS) count = MOST_THREADS;
    if (count > 1) caller->threads->multi_thread(render_bands, count, &work);
    render_bands(0, 1, &work); /* what is left: all of it where the host started no threads */
    return !work.broken;
}
