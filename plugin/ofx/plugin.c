/* Likeness as an OpenFX image effect: what the host calls.

   Nothing is kept between calls but the host's suites: each render opens the store, reads and closes it. So any number
   of instances and threads may render at once, a store that is replaced is seen at once, and unloading leaves nothing. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "frame.h"
#include "panel.h"
#include "store.h"

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#define IDENTIFIER "org.likeness.Likeness"

/* names of parameters: saved in projects, never to be changed */
#define PARAM_RESULT "result"
#define PARAM_STATUS "status"
#define PARAM_RELOAD "reload"
#define PARAM_PANEL "openPanel"
#define PARAM_MIX "mix"
#define PARAM_VIEW "view"
#define PARAM_GAIN "differenceGain"
#define PARAM_COUNTING "counting"
#define PARAM_OFFSET "frameOffset"
#define PARAM_REVISION "revision"

enum { COUNT_FRAME_NUMBERS, COUNT_FROM_CLIP_START };

static Host *host;

static struct {
    const PropertySuite *property;
    const ImageEffectSuite *effect;
    const ParameterSuite *parameter;
    const MultiThreadSuite *threads; /* NULL where the host has none */
    const MessageSuite *message;     /* NULL, too */
} suites;

/* --- properties, with what to assume where a host does not answer */

static void set_string(Properties set, const char *name, int index, const char *value)
{
    suites.property->set_string(set, name, index, value);
}

static void set_int(Properties set, const char *name, int value)
{
    suites.property->set_int(set, name, 0, value);
}

static const char *get_string(Properties set, const char *name)
{
    char *value = NULL;
    if (!set || suites.property->get_string(set, name, 0, &value) != OK || !value) return "";
    return value;
}

static int get_int(Properties set, const char *name, int index, int otherwise)
{
    int value = otherwise;
    if (!set || suites.property->get_int(set, name, index, &value) != OK) return otherwise;
    return value;
}

static double get_double(Properties set, const char *name, int index, double otherwise)
{
    double value = otherwise;
    if (!set || suites.property->get_double(set, name, index, &value) != OK) return otherwise;
    return value;
}

static bool get_rect(Properties set, const char *name, RectI *rect)
{
    int *sides[] = {&rect->x1, &rect->y1, &rect->x2, &rect->y2};
    if (!set) return false;
    for (int i = 0; i < 4; i++)
        if (suites.property->get_int(set, name, i, sides[i]) != OK) return false;
    return rect->x1 < rect->x2 && rect->y1 < rect->y2;
}

/* --- parameters */

typedef struct {
    char path[STORE_PATH_BYTES];
    View view;
    double mix, gain;
    int counting, offset;
} Settings;

static Param param_of(Effect effect, const char *name)
{
    ParamSet set = NULL;
    Param param = NULL;
    if (suites.effect->get_param_set(effect, &set) != OK || !set) return NULL;
    if (suites.parameter->get_handle(set, name, &param, NULL) != OK) return NULL;
    return param;
}

static double double_of(Effect effect, const char *name, double time, double otherwise)
{
    double value = otherwise;
    Param param = param_of(effect, name);
    if (!param || suites.parameter->get_value_at_time(param, time, &value) != OK) return otherwise;
    return value;
}

static int int_of(Effect effect, const char *name, int otherwise)
{
    int value = otherwise;
    Param param = param_of(effect, name);
    if (!param || suites.parameter->get_value(param, &value) != OK) return otherwise;
    return value;
}

static void path_of(Effect effect, char *path)
{
    char *value = NULL; /* the host's, and only until the next call */
    Param param = param_of(effect, PARAM_RESULT);
    path[0] = 0;
    if (!param || suites.parameter->get_value(param, &value) != OK || !value) return;
    size_t length = strlen(value);
    if (length < STORE_PATH_BYTES) memcpy(path, value, length + 1);
}

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

/* --- describing */

static Properties define_param(ParamSet set, const char *type, const char *name, const char *label, const char *hint)
{
    Properties found = NULL;
    if (suites.parameter->define(set, type, name, &found) != OK || !found) return NULL;
    set_string(found, PROP_LABEL, 0, label);
    set_string(found, PROP_SHORT_LABEL, 0, label);
    set_string(found, PROP_LONG_LABEL, 0, label);
    set_string(found, PROP_HINT, 0, hint);
    return found;
}

/* Every range is given twice: some hosts take what is missing for 0 to 0. */
static void define_double(ParamSet set, const char *name, const char *label, const char *hint, double value, double most,
                          const char *type)
{
    Properties found = define_param(set, PARAM_DOUBLE, name, label, hint);
    if (!found) return;
    set_string(found, PROP_DOUBLE_TYPE, 0, type);
    suites.property->set_double(found, PROP_DEFAULT, 0, value);
    suites.property->set_double(found, PROP_MIN, 0, 0);
    suites.property->set_double(found, PROP_MAX, 0, most);
    suites.property->set_double(found, PROP_DISPLAY_MIN, 0, 0);
    suites.property->set_double(found, PROP_DISPLAY_MAX, 0, most);
}

static Properties define_int(ParamSet set, const char *name, const char *label, const char *hint, int range)
{
    Properties found = define_param(set, PARAM_INTEGER, name, label, hint);
    if (!found) return NULL;
    set_int(found, PROP_DEFAULT, 0);
    set_int(found, PROP_MIN, -10000000);
    set_int(found, PROP_MAX, 10000000);
    set_int(found, PROP_DISPLAY_MIN, -range);
    set_int(found, PROP_DISPLAY_MAX, range);
    set_int(found, PROP_ANIMATES, 0);
    return found;
}

static void define_choice(ParamSet set, const char *name, const char *label, const char *hint, const char *const *options)
{
    Properties found = define_param(set, PARAM_CHOICE, name, label, hint);
    if (!found) return;
    for (int i = 0; options[i]; i++) set_string(found, PROP_CHOICE_OPTION, i, options[i]);
    set_int(found, PROP_DEFAULT, 0);
    set_int(found, PROP_ANIMATES, 0);
}

static void define_strings(ParamSet set)
{
    Properties found = define_param(set, PARAM_STRING, PARAM_RESULT, "Result",
                                    "The folder of a result for which \"likeness store\" was run, or frames.likeness in it.");
    if (found) {
        set_string(found, PROP_STRING_MODE, 0, STRING_FILE_PATH);
        set_string(found, PROP_DEFAULT, 0, "");
        set_int(found, PROP_FILE_EXISTS, 0); /* not yet, perhaps */
        set_int(found, PROP_ANIMATES, 0);
    }
    found = define_param(set, PARAM_STRING, PARAM_STATUS, "Status",
                         "What the chosen result holds, or why the source is shown in its place.");
    if (found) {
        set_string(found, PROP_STRING_MODE, 0, STRING_SINGLE_LINE);
        set_string(found, PROP_DEFAULT, 0, "");
        set_int(found, PROP_ANIMATES, 0);
        set_int(found, PROP_ENABLED, 0);
        set_int(found, PROP_PERSISTENT, 0);
        set_int(found, PROP_EVALUATE_ON_CHANGE, 0);
    }
}

static Status describe_parameters(Effect effect)
{
    static const char *const views[] = {"Result", "Matte", "Difference", NULL};
    static const char *const countings[] = {"The host's frame numbers", "From the start of the clip", NULL};
    ParamSet set = NULL;
    if (suites.effect->get_param_set(effect, &set) != OK || !set) return FAILED;
    define_strings(set);
    define_param(set, PARAM_PUSH_BUTTON, PARAM_RELOAD, "Reload", "Look again for frames that were finished since.");
    define_param(set, PARAM_PUSH_BUTTON, PARAM_PANEL, "Open Likeness", "Open the panel with this result.");
    define_double(set, PARAM_MIX, "Mix", "0 shows the source, 1 the restored frame.", 1, 1, DOUBLE_SCALE);
    define_choice(set, PARAM_VIEW, "View",
                  "Result; where it differs from the source (matte); or by how much (difference).", views);
    define_double(set, PARAM_GAIN, "Difference gain", "The difference is shown multiplied by this.", 1, 32, DOUBLE_PLAIN);
    define_choice(set, PARAM_COUNTING, "Frames",
                  "Whether the host's frame numbers are those of the result's files, or the clip begins with its first.",
                  countings);
    define_int(set, PARAM_OFFSET, "Frame offset", "Added to the frame number: 10 shows restored frame 10 at frame 0.", 1000);
    Properties revision = define_int(set, PARAM_REVISION, "Revision", "Counts reloads, so that hosts render again.", 1000);
    if (revision) set_int(revision, PROP_SECRET, 1);
    return OK;
}

static Status define_clip(Effect effect, const char *name)
{
    Properties found = NULL;
    if (suites.effect->clip_define(effect, name, &found) != OK || !found) return FAILED;
    set_string(found, PROP_SUPPORTED_COMPONENTS, 0, COMPONENTS_RGBA);
    set_string(found, PROP_SUPPORTED_COMPONENTS, 1, COMPONENTS_RGB);
    set_string(found, PROP_SUPPORTED_COMPONENTS, 2, COMPONENTS_ALPHA);
    set_int(found, PROP_TEMPORAL_ACCESS, 0);
    set_int(found, PROP_SUPPORTS_TILES, 1);
    return OK;
}

static Status describe_in_context(Effect effect)
{
    Status status = define_clip(effect, CLIP_SOURCE);
    if (status == OK) status = define_clip(effect, CLIP_OUTPUT);
    return status == OK ? describe_parameters(effect) : status;
}

static Status describe(Effect effect)
{
    static const char *const depths[] = {DEPTH_BYTE, DEPTH_SHORT, DEPTH_HALF, DEPTH_FLOAT};
    Properties set = NULL;
    if (suites.effect->get_property_set(effect, &set) != OK || !set) return FAILED;
    set_string(set, PROP_LABEL, 0, "Likeness");
    set_string(set, PROP_SHORT_LABEL, 0, "Likeness");
    set_string(set, PROP_LONG_LABEL, 0, "Likeness");
    set_string(set, PROP_GROUPING, 0, "Likeness");
    set_string(set, PROP_DESCRIPTION, 0, "Shows the restored frames of a Likeness result over the clip they were made of.");
    set_string(set, PROP_SUPPORTED_CONTEXTS, 0, CONTEXT_FILTER);
    set_string(set, PROP_SUPPORTED_CONTEXTS, 1, CONTEXT_GENERAL);
    for (int i = 0; i < 4; i++) set_string(set, PROP_SUPPORTED_DEPTHS, i, depths[i]);
    set_int(set, PROP_SINGLE_INSTANCE, 0);
    set_string(set, PROP_THREAD_SAFETY, 0, THREADS_FULLY_SAFE);
    set_int(set, PROP_HOST_FRAME_THREADING, 0); /* the multi-thread suite is asked */
    set_int(set, PROP_SUPPORTS_TILES, 1);
    set_int(set, PROP_SUPPORTS_MULTI_RESOLUTION, 1);
    set_int(set, PROP_SUPPORTS_MULTIPLE_DEPTHS, 0);
    set_int(set, PROP_TEMPORAL_ACCESS, 0);
    set_int(set, PROP_RENDER_TWICE, 0);
    return OK;
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
    char path[STORE_PATH_BYTES], text[200];
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
    char path[STORE_PATH_BYTES];
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
