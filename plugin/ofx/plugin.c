/* Likeness as an OpenFX image effect: what the host calls.

   Nothing is kept between calls but the host's suites: each render opens the store, reads and closes it. So any number
   of instances and threads may render at once, a new store is seen at once, and unloading leaves nothing. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "frame.h"
#include "host.h"
#include "panel.h"
#include "store.h"

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#define IDENTIFIER "org.likeness.Likeness"

enum { COUNT_FRAME_NUMBERS, COUNT_FROM_CLIP_START };

static Host *host;

typedef struct {
    char path[PATH_BYTES];
    View view;
    double mix, gain;
    int counting, offset;
} Settings;

static double between(double value, double least, double most)
{
    return value >= most ? most : value >= least ? value : least; /* NaN is the least */
}

static void read_settings(Effect effect, double time, Settings *settings)
{
    path_of(effect, settings->path);
    settings->view = (View)between(int_of(effect, PARAM_VIEW, VIEW_RESULT), VIEW_RESULT, VIEW_DIFFERENCE);
    settings->mix = between(double_of(effect, PARAM_MIX, time, 1), 0, 1);
    settings->gain = between(double_of(effect, PARAM_GAIN, time, 1), 0, 1000);
    settings->counting = int_of(effect, PARAM_COUNTING, COUNT_FRAME_NUMBERS);
    settings->offset = int_of(effect, PARAM_OFFSET, 0);
}

static int64_t nearest(double value)
{
    double safe = between(value, -1e9, 1e9);
    return (int64_t)(safe + (safe < 0 ? -0.5 : 0.5));
}

/* Which of the store's frames stands at a time of the host. */
static int64_t number_at(const Settings *settings, const Store *store, Effect effect, double time)
{
    if (settings->counting != COUNT_FROM_CLIP_START) return nearest(time) + settings->offset;
    Clip clip = NULL;
    Properties clip_set = NULL;
    suites.effect->clip_get_handle(effect, CLIP_SOURCE, &clip, &clip_set);
    double start = get_double(clip_set, PROP_FRAME_RANGE, 0, 0);
    return store->first + nearest(time - start) + settings->offset;
}

static bool shows_source(const Settings *settings)
{
    return settings->view == VIEW_RESULT && settings->mix == 0;
}

/* --- rendering */

static bool read_image(Properties found, Image *image)
{
    void *data = NULL;
    const char *depth = get_string(found, PROP_DEPTH), *components;
    image->depth = !strcmp(depth, DEPTH_BYTE)    ? BYTES
                   : !strcmp(depth, DEPTH_SHORT) ? SHORTS
                   : !strcmp(depth, DEPTH_HALF)  ? HALVES
                   : !strcmp(depth, DEPTH_FLOAT) ? FLOATS
                                                 : (Depth)0;
    components = get_string(found, PROP_COMPONENTS);
    image->components = !strcmp(components, COMPONENTS_RGBA)    ? RGBA
                        : !strcmp(components, COMPONENTS_RGB)   ? RGB
                        : !strcmp(components, COMPONENTS_ALPHA) ? ALPHA
                                                                : (Components)0;
    if (!image->depth || !image->components) return false;
    if (suites.property->get_pointer(found, PROP_DATA, 0, &data) != OK || !data) return false;
    if (!get_rect(found, PROP_BOUNDS, &image->bounds)) return false;
    if (!get_rect(found, PROP_REGION_OF_DEFINITION, &image->whole)) image->whole = image->bounds;
    image->data = data;
    image->row_bytes = get_int(found, PROP_ROW_BYTES, 0, 0);
    image->premultiplied = !strcmp(get_string(found, PROP_PREMULTIPLICATION), ALPHA_PREMULTIPLIED);
    return image->row_bytes != 0 || image->bounds.y2 - image->bounds.y1 == 1;
}

static bool is_whole_frame(Properties image)
{
    const char *field = get_string(image, PROP_FIELD);
    return !field[0] || !strcmp(field, FIELD_NONE) || !strcmp(field, FIELD_BOTH);
}

static Properties fetch(Effect effect, const char *name, double time)
{
    Clip clip = NULL;
    Properties image = NULL;
    if (suites.effect->clip_get_handle(effect, name, &clip, NULL) != OK || !clip) return NULL;
    if (suites.effect->clip_get_image(clip, time, NULL, &image) != OK) return NULL;
    return image;
}

/* Opens the store and finds the frame for a time; false leaves nothing open. */
static bool open_frame(Effect effect, const Settings *settings, double time, Store *store, int64_t *number)
{
    if (shows_source(settings) || store_open(store, settings->path) != STORE_OK) return false;
    *number = number_at(settings, store, effect, time);
    if (store_has(store, *number)) return true;
    store_close(store);
    return false;
}

static bool inside(RectI *window, const RectI *bounds)
{
    if (window->x1 < bounds->x1) window->x1 = bounds->x1;
    if (window->y1 < bounds->y1) window->y1 = bounds->y1;
    if (window->x2 > bounds->x2) window->x2 = bounds->x2;
    if (window->y2 > bounds->y2) window->y2 = bounds->y2;
    return window->x1 < window->x2 && window->y1 < window->y2;
}

/* Renders from two fetched images; the source may be missing. */
static Status render_images(Effect effect, Properties in, Properties source, Properties output)
{
    Frame frame = {0};
    Settings settings;
    Store store;
    double time = get_double(in, PROP_TIME, 0, 0);
    Caller caller = {suites.threads, suites.effect->abort, effect};
    if (!read_image(output, &frame.output)) return FAILED;
    if (!source || !read_image(source, &frame.source)) {
        frame.source = frame.output; /* transparent black of the output's kind */
        frame.source.data = NULL;
    }
    if (!get_rect(in, PROP_RENDER_WINDOW, &frame.window)) frame.window = frame.output.bounds;
    if (!inside(&frame.window, &frame.output.bounds)) return OK;
    read_settings(effect, time, &settings);
    frame.view = settings.view;
    frame.mix = (float)settings.mix;
    frame.gain = (float)settings.gain;
    bool whole = is_whole_frame(output) && (!source || is_whole_frame(source));
    bool opened = whole && open_frame(effect, &settings, time, &store, &frame.number);
    double scale_x = get_double(in, PROP_RENDER_SCALE, 0, 1), scale_y = get_double(in, PROP_RENDER_SCALE, 1, 1);
    if (!(scale_x > 0 && scale_y > 0)) scale_x = scale_y = 1; /* a host that leaves it at 0 */
    if (opened && frame_place(&store, &frame.source, scale_x, scale_y, &frame.place)) frame.store = &store;
    bool rendered = frame_render(&frame, &caller);
    if (!rendered && frame.store) { /* the store failed: again, without it */
        frame.store = NULL;
        rendered = frame_render(&frame, &caller);
    }
    if (opened) store_close(&store);
    return rendered ? OK : FAILED;
}

static Status render(Effect effect, Properties in)
{
    double time = get_double(in, PROP_TIME, 0, 0);
    Properties output = fetch(effect, CLIP_OUTPUT, time), source = fetch(effect, CLIP_SOURCE, time);
    Status status = output ? render_images(effect, in, source, output) : FAILED;
    if (source) suites.effect->clip_release_image(source);
    if (output) suites.effect->clip_release_image(output);
    if (status != OK && suites.effect->abort && suites.effect->abort(effect)) return OK; /* no image, as nobody waits */
    return status;
}

/* Tells the host beforehand where the source stays as it is. */
static Status is_identity(Effect effect, Properties in, Properties out)
{
    Settings settings;
    Store store;
    int64_t number;
    double time = get_double(in, PROP_TIME, 0, 0);
    read_settings(effect, time, &settings);
    if (open_frame(effect, &settings, time, &store, &number)) {
        store_close(&store);
        return REPLY_DEFAULT;
    }
    set_string(out, PROP_NAME, 0, CLIP_SOURCE);
    suites.property->set_double(out, PROP_TIME, 0, time);
    return OK;
}

/* --- what the editor does */

static void show_status(Effect effect)
{
    char path[PATH_BYTES], text[200];
    Store store;
    Param status = param_of(effect, PARAM_STATUS);
    if (!status) return;
    path_of(effect, path);
    StoreStatus found = store_open(&store, path);
    if (found == STORE_OK) {
        long long last = (long long)(store.first + store.count - 1), ready = (long long)store_ready_count(&store);
        snprintf(text, sizeof text, "%lld of %lld frames, %lld to %lld, %d x %d", ready, (long long)store.count,
                 (long long)store.first, last, store.width, store.height);
        store_close(&store);
    } else {
        snprintf(text, sizeof text, "Source shown: %s", store_explanation(found));
    }
    suites.parameter->set_value(status, text);
}

static void open_panel(Effect effect)
{
    char path[PATH_BYTES];
    Properties set = NULL;
    suites.effect->get_property_set(effect, &set);
    const char *bundle = get_string(set, PROP_FILE_PATH);
    path_of(effect, path);
    size_t length = strlen(path), name = strlen(STORE_NAME);
    if (length > name + 1 && strcmp(path + length - name, STORE_NAME) == 0 && strchr("/\\", path[length - name - 1]))
        path[length - name - 1] = 0; /* the folder of the store */
    if (panel_open(bundle[0] ? bundle : NULL, path)) return;
    if (suites.message && suites.message->message)
        suites.message->message(effect, MESSAGE_ERROR, "likeness.panel", "%s",
                                "Likeness's panel was not found. Install Likeness, or let the environment variable "
                                "LIKENESS_PANEL name the program likeness-panel, and start this application again.");
}

static Status instance_changed(Effect effect, Properties in)
{
    if (strcmp(get_string(in, PROP_TYPE), TYPE_PARAMETER) != 0) return REPLY_DEFAULT;
    if (strcmp(get_string(in, PROP_CHANGE_REASON), CHANGED_BY_USER) != 0) return REPLY_DEFAULT;
    const char *name = get_string(in, PROP_NAME);
    if (strcmp(name, PARAM_PANEL) == 0) {
        open_panel(effect);
    } else if (strcmp(name, PARAM_RESULT) == 0) {
        show_status(effect);
    } else if (strcmp(name, PARAM_RELOAD) == 0) {
        show_status(effect);
        Param revision = param_of(effect, PARAM_REVISION);
        if (revision) suites.parameter->set_value(revision, int_of(effect, PARAM_REVISION, 0) % 10000000 + 1);
    } else {
        return REPLY_DEFAULT;
    }
    return OK;
}

/* --- the door */

static Status load(void)
{
    if (!host || !host->fetch_suite) return MISSING_HOST_FEATURE;
    suites.property = host->fetch_suite(host->properties, SUITE_PROPERTY, 1);
    suites.effect = host->fetch_suite(host->properties, SUITE_IMAGE_EFFECT, 1);
    suites.parameter = host->fetch_suite(host->properties, SUITE_PARAMETER, 1);
    suites.threads = host->fetch_suite(host->properties, SUITE_MULTI_THREAD, 1);
    suites.message = host->fetch_suite(host->properties, SUITE_MESSAGE, 1);
    return suites.property && suites.effect && suites.parameter ? OK : MISSING_HOST_FEATURE;
}

static void set_host(Host *given)
{
    host = given;
}

static Status main_entry(const char *action, const void *handle, Properties in, Properties out)
{
    Effect effect = (Effect)handle;
    if (!action) return FAILED;
    if (strcmp(action, ACTION_LOAD) == 0) return load();
    if (!suites.property || !suites.effect || !suites.parameter) return MISSING_HOST_FEATURE;
    if (strcmp(action, ACTION_UNLOAD) == 0) {
        memset(&suites, 0, sizeof suites);
        return OK;
    }
    if (!effect) return BAD_HANDLE;
    if (strcmp(action, ACTION_RENDER) == 0) return render(effect, in);
    if (strcmp(action, ACTION_IS_IDENTITY) == 0) return is_identity(effect, in, out);
    if (strcmp(action, ACTION_DESCRIBE) == 0) return describe(effect);
    if (strcmp(action, ACTION_DESCRIBE_IN_CONTEXT) == 0) return describe_in_context(effect);
    if (strcmp(action, ACTION_CREATE_INSTANCE) == 0 || strcmp(action, ACTION_DESTROY_INSTANCE) == 0) return OK;
    if (strcmp(action, ACTION_INSTANCE_CHANGED) == 0) return instance_changed(effect, in);
    if (strcmp(action, ACTION_CLIP_PREFERENCES) == 0) {
        set_int(out, PROP_FRAME_VARYING, 1); /* also over a still */
        return OK;
    }
    return REPLY_DEFAULT;
}

static Plugin plugin = {API_IMAGE_EFFECT, 1, IDENTIFIER, 1, 0, set_host, main_entry};

EXPORT int OfxGetNumberOfPlugins(void)
{
    return 1;
}

EXPORT Plugin *OfxGetPlugin(int nth)
{
    return nth == 0 ? &plugin : NULL;
}
