/* One frame of the store, laid over the source's. */

#ifndef LIKENESS_FRAME_H
#define LIKENESS_FRAME_H

#include "pixels.h"
#include "store.h"

typedef enum { VIEW_RESULT, VIEW_MATTE, VIEW_DIFFERENCE } View;

typedef struct {
    const Store *store; /* NULL passes the source through */
    int64_t number;     /* of the store's frame */
    RectI place;        /* where it lies among the output's pixels; see `frame_place` */
    Image source, output;
    RectI window; /* what to render, inside the output's bounds */
    View view;
    float mix;  /* 0 = source, 1 = result */
    float gain; /* of the difference */
} Frame;

/* What to ask between rows; `stop` may be NULL. */
typedef struct {
    const MultiThreadSuite *threads; /* NULL renders in the calling thread */
    int (*stop)(Effect);
    Effect effect;
} Caller;

/* Where the store's frame lies in a picture of the clip: over the whole of it, if that has the store's size, at the
   render scale or as a proxy of a half to a sixteenth; false where the sizes do not fit. */
bool frame_place(const Store *store, const Image *image, double scale_x, double scale_y, RectI *place);

/* Renders the window; false where the store could not be read to the end, or memory ran out. */
bool frame_render(const Frame *frame, const Caller *caller);

#endif
