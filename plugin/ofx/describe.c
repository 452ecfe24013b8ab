#include "describe.h"

#include "host.h"

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
static void define_double(ParamSet set, const char *name, const char *label, const char *hint, double value,
                          double most, const char *type)
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

static void define_choice(ParamSet set, const char *name, const char *label, const char *hint,
                          const char *const *options)
{
    Properties found = define_param(set, PARAM_CHOICE, name, label, hint);
    if (!found) return;
    for (int i = 0; options[i]; i++) set_string(found, PROP_CHOICE_OPTION, i, options[i]);
    set_int(found, PROP_DEFAULT, 0);
    set_int(found, PROP_ANIMATES, 0);
}

static void define_strings(ParamSet set)
{
    static const char hint[] = "The folder of a result for which \"likeness store\" was run, or frames.likeness in it.";
    Properties found = define_param(set, PARAM_STRING, PARAM_RESULT, "Result", hint);
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
    define_double(set, PARAM_GAIN, "Difference gain", "The difference is multiplied by this.", 1, 32, DOUBLE_PLAIN);
    define_choice(set, PARAM_COUNTING, "Frames",
                  "The host's frame numbers are those of the result's files; or the clip begins with its first frame.",
                  countings);
    define_int(set, PARAM_OFFSET, "Frame offset", "Added to the frame number: 10 shows frame 10 at frame 0.", 1000);
    Properties revision = define_int(set, PARAM_REVISION, "Revision", "Counts reloads: hosts render again.", 1000);
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

Status describe_in_context(Effect effect)
{
    Status status = define_clip(effect, CLIP_SOURCE);
    if (status == OK) status = define_clip(effect, CLIP_OUTPUT);
    return status == OK ? describe_parameters(effect) : status;
}

Status describe(Effect effect)
{
    static const char *const depths[] = {DEPTH_BYTE, DEPTH_SHORT, DEPTH_HALF, DEPTH_FLOAT};
    Properties set = NULL;
    if (suites.effect->get_property_set(effect, &set) != OK || !set) return FAILED;
    set_string(set, PROP_LABEL, 0, "Likeness");
    set_string(set, PROP_SHORT_LABEL, 0, "Likeness");
    set_string(set, PROP_LONG_LABEL, 0, "Likeness");
    set_string(set, PROP_GROUPING, 0, "Likeness");
    set_string(set, PROP_DESCRIPTION, 0, "Shows the restored frames of a result over the clip they were made of.");
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
