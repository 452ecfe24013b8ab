/* A second host, in C: loads, describes, renders and unloads the plug-in many times, for valgrind and the sanitizers,
   which see nothing of a plug-in inside Python. Its parameter functions take their arguments as C's `...` do.

   ofx_soak PLUGIN STORE CYCLES [HEADERS]: with HEADERS, a file of headers of 128 bytes each, the store's header is
   replaced by one of them before each cycle, and any picture will do; without, frame FIRST must be shown. */

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

enum { WIDTH = 24, HEIGHT = 18, FIRST = 10, PROPERTIES = 64, SETS = 32, HEADER = 128 };

typedef struct {
    const char *name;
    int index;
    void *pointer;
    char *string;
    double number;
    int whole;
} Property;

typedef struct {
    Property list[PROPERTIES];
    int count;
} Set;

typedef struct {
    char name[32], type[32];
    Set set;
} ParamHere;

typedef struct {
    Set effect, source, output, source_image, output_image;
    ParamHere params[SETS];
    int count, images_held;
} EffectHere;

static Set host_set, arguments, answers;
static EffectHere effect;
static const char *result_path;
static unsigned char source_pixels[HEIGHT][WIDTH][4], output_pixels[HEIGHT][WIDTH][4];

static void fail(const char *what)
{
    fprintf(stderr, "ofx_soak: %s\n", what);
    exit(1);
}

static Property *find(Set *set, const char *name, int index, int make)
{
    for (int i = 0; i < set->count; i++)
        if (set->list[i].index == index && strcmp(set->list[i].name, name) == 0) return &set->list[i];
    if (!make) return NULL;
    if (set->count == PROPERTIES) fail("too many properties");
    Property *made = &set->list[set->count++];
    memset(made, 0, sizeof *made);
    made->name = strdup(name);
    made->index = index;
    return made;
}

static void empty(Set *set)
{
    for (int i = 0; i < set->count; i++) {
        free((char *)set->list[i].name);
        free(set->list[i].string);
    }
    set->count = 0;
}

static Status set_pointer(Properties set, const char *name, int index, void *value)
{
    find(set, name, index, 1)->pointer = value;
    return OK;
}

static Status set_string(Properties set, const char *name, int index, const char *value)
{
    Property *found = find(set, name, index, 1);
    free(found->string);
    found->string = strdup(value);
    return OK;
}

static Status set_double(Properties set, const char *name, int index, double value)
{
    find(set, name, index, 1)->number = value;
    return OK;
}

static Status set_int(Properties set, const char *name, int index, int value)
{
    find(set, name, index, 1)->whole = value;
    return OK;
}

static Status get_pointer(Properties set, const char *name, int index, void **value)
{
    Property *found = find(set, name, index, 0);
    if (!found) return 3;
    *value = found->pointer;
    return OK;
}

static Status get_string(Properties set, const char *name, int index, char **value)
{
    Property *found = find(set, name, index, 0);
    if (!found || !found->string) return 3;
    *value = found->string;
    return OK;
}

static Status get_double(Properties set, const char *name, int index, double *value)
{
    Property *found = find(set, name, index, 0);
    if (!found) return 3;
    *value = found->number;
    return OK;
}

static Status get_int(Properties set, const char *name, int index, int *value)
{
    Property *found = find(set, name, index, 0);
    if (!found) return 3;
    *value = found->whole;
    return OK;
}

static Status get_property_set(Effect handle, Properties *set)
{
    *set = &((EffectHere *)handle)->effect;
    return OK;
}

static Status get_param_set(Effect handle, ParamSet *set)
{
    *set = handle;
    return OK;
}

static Status clip_get_handle(Effect handle, const char *name, Clip *clip, Properties *set)
{
    EffectHere *here = handle;
    Set *found = strcmp(name, CLIP_SOURCE) == 0 ? &here->source : &here->output;
    *clip = found;
    if (set) *set = found;
    return OK;
}

static Status clip_define(Effect handle, const char *name, Properties *set)
{
    Clip ignored;
    return clip_get_handle(handle, name, &ignored, set);
}

static Status clip_get_property_set(Clip clip, Properties *set)
{
    *set = clip;
    return OK;
}

static void describe_image(Set *set, void *pixels)
{
    static const int bounds[] = {0, 0, WIDTH, HEIGHT};
    set_pointer(set, PROP_DATA, 0, pixels);
    set_string(set, PROP_DEPTH, 0, DEPTH_BYTE);
    set_string(set, PROP_COMPONENTS, 0, COMPONENTS_RGBA);
    set_string(set, PROP_PREMULTIPLICATION, 0, "OfxImageOpaque");
    set_string(set, PROP_FIELD, 0, FIELD_NONE);
    set_int(set, PROP_ROW_BYTES, 0, WIDTH * 4);
    for (int i = 0; i < 4; i++) {
        set_int(set, PROP_BOUNDS, i, bounds[i]);
        set_int(set, PROP_REGION_OF_DEFINITION, i, bounds[i]);
    }
}

static Status clip_get_image(Clip clip, double time, const void *region, Properties *image)
{
    (void)time, (void)region;
    int is_source = clip == &effect.source;
    Set *set = is_source ? &effect.source_image : &effect.output_image;
    describe_image(set, is_source ? (void *)source_pixels : (void *)output_pixels);
    effect.images_held++;
    *image = set;
    return OK;
}

static Status clip_release_image(Properties image)
{
    empty(image);
    effect.images_held--;
    return OK;
}

static int never(Effect handle)
{
    (void)handle;
    return 0;
}

static Status define(ParamSet set, const char *type, const char *name, Properties *properties)
{
    EffectHere *here = set;
    if (here->count == SETS) fail("too many parameters");
    ParamHere *made = &here->params[here->count++];
    snprintf(made->name, sizeof made->name, "%s", name);
    snprintf(made->type, sizeof made->type, "%s", type);
    *properties = &made->set;
    return OK;
}

static Status get_handle(ParamSet set, const char *name, Param *param, Properties *properties)
{
    EffectHere *here = set;
    for (int i = 0; i < here->count; i++)
        if (strcmp(here->params[i].name, name) == 0) {
            *param = &here->params[i];
            if (properties) *properties = &here->params[i].set;
            return OK;
        }
    return 3;
}

static Status give(ParamHere *param, va_list *to)
{
    Property *value = find(&param->set, PROP_DEFAULT, 0, 0);
    if (strcmp(param->type, PARAM_STRING) == 0)
        *va_arg(*to, const char **) = strcmp(param->name, "result") == 0 ? result_path : value->string;
    else if (strcmp(param->type, PARAM_DOUBLE) == 0)
        *va_arg(*to, double *) = value->number;
    else
        *va_arg(*to, int *) = value->whole;
    return OK;
}

static Status get_value(Param param, ...)
{
    va_list to;
    va_start(to, param);
    Status status = give(param, &to);
    va_end(to);
    return status;
}

static Status get_value_at_time(Param param, double time, ...)
{
    va_list to;
    (void)time;
    va_start(to, time);
    Status status = give(param, &to);
    va_end(to);
    return status;
}

static Status set_value(Param handle, ...)
{
    ParamHere *param = handle;
    va_list from;
    va_start(from, handle);
    if (strcmp(param->type, PARAM_STRING) == 0) set_string(&param->set, PROP_DEFAULT, 0, va_arg(from, const char *));
    else set_int(&param->set, PROP_DEFAULT, 0, va_arg(from, int));
    va_end(from);
    return OK;
}

static const PropertySuite property_suite = {
    .set_pointer = set_pointer, .set_string = set_string, .set_double = set_double, .set_int = set_int,
    .get_pointer = get_pointer, .get_string = get_string, .get_double = get_double, .get_int = get_int,
};

static const ImageEffectSuite effect_suite = {
    .get_property_set = get_property_set, .get_param_set = get_param_set, .clip_define = clip_define,
    .clip_get_handle = clip_get_handle, .clip_get_property_set = clip_get_property_set,
    .clip_get_image = clip_get_image, .clip_release_image = clip_release_image, .abort = never,
};

static const ParameterSuite param_suite = {
    .define = define, .get_handle = get_handle, .get_value = get_value, .get_value_at_time = get_value_at_time,
    .set_value = set_value,
};

static const void *fetch_suite(Properties host, const char *name, int version)
{
    (void)host, (void)version;
    if (strcmp(name, SUITE_PROPERTY) == 0) return &property_suite;
    if (strcmp(name, SUITE_IMAGE_EFFECT) == 0) return &effect_suite;
    if (strcmp(name, SUITE_PARAMETER) == 0) return &param_suite;
    return NULL;
}

static Host host = {&host_set, fetch_suite};

static void must(Status status, Status wanted, const char *what)
{
    if (status != wanted) fail(what);
}

static void cycle(const char *library, int exact)
{
    void *opened = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
    if (!opened) fail(dlerror());
    Plugin *(*get_plugin)(int) = (Plugin * (*)(int)) dlsym(opened, "OfxGetPlugin");
    Plugin *plugin = get_plugin(0);
    plugin->set_host(&host);
    must(plugin->main_entry(ACTION_LOAD, NULL, NULL, NULL), OK, "load");
    must(plugin->main_entry(ACTION_DESCRIBE, &effect, NULL, NULL), OK, "describe");
    must(plugin->main_entry(ACTION_DESCRIBE_IN_CONTEXT, &effect, &arguments, NULL), OK, "describe in context");
    must(plugin->main_entry(ACTION_CREATE_INSTANCE, &effect, NULL, NULL), OK, "create");
    set_double(&arguments, PROP_TIME, 0, FIRST);
    for (int i = 0; i < 4; i++) set_int(&arguments, PROP_RENDER_WINDOW, i, i < 2 ? 0 : i == 2 ? WIDTH : HEIGHT);
    for (int i = 0; i < 2; i++) set_double(&arguments, PROP_RENDER_SCALE, i, 1);
    Status identity = plugin->main_entry(ACTION_IS_IDENTITY, &effect, &arguments, &answers);
    memset(output_pixels, 77, sizeof output_pixels);
    for (int view = 0; view < 3; view++) {
        Param param;
        get_handle(&effect, "view", &param, NULL);
        set_value(param, view);
        must(plugin->main_entry(ACTION_RENDER, &effect, &arguments, NULL), OK, "render");
        if (view == 0 && exact && memcmp(output_pixels, source_pixels, sizeof source_pixels) == 0) fail("source shown");
    }
    if (exact) must(identity, REPLY_DEFAULT, "identity");
    set_string(&arguments, PROP_TYPE, 0, TYPE_PARAMETER);
    set_string(&arguments, PROP_NAME, 0, "reload");
    set_string(&arguments, PROP_CHANGE_REASON, 0, CHANGED_BY_USER);
    must(plugin->main_entry(ACTION_INSTANCE_CHANGED, &effect, &arguments, NULL), OK, "instance changed");
    must(plugin->main_entry(ACTION_DESTROY_INSTANCE, &effect, NULL, NULL), OK, "destroy");
    must(plugin->main_entry(ACTION_UNLOAD, NULL, NULL, NULL), OK, "unload");
    if (effect.images_held) fail("an image was not released");
    Set *sets[] = {&effect.effect, &effect.source, &effect.output, &arguments, &answers};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) empty(sets[i]);
    for (int i = 0; i < effect.count; i++) empty(&effect.params[i].set);
    effect.count = 0;
    dlclose(opened);
}

int main(int count, char **arguments_given)
{
    if (count < 4) fail("PLUGIN STORE CYCLES [HEADERS]");
    result_path = arguments_given[2];
    FILE *headers = count > 4 ? fopen(arguments_given[4], "rb") : NULL;
    for (int number = 0; number < atoi(arguments_given[3]); number++) {
        unsigned char header[HEADER];
        if (headers && fread(header, HEADER, 1, headers) == 1) {
            FILE *store = fopen(result_path, "r+b");
            fwrite(header, HEADER, 1, store);
            fclose(store);
        }
        cycle(arguments_given[1], headers == NULL);
    }
    if (headers) fclose(headers);
    return 0;
}
