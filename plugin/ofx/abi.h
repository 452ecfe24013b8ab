/* The part of the OpenFX 1.4 interface that this plug-in uses, declared from the public specification.

   Only what is called has a type; the other members of a suite are there to keep the places. Handles are opaque. */

#ifndef LIKENESS_ABI_H
#define LIKENESS_ABI_H

#include <stddef.h>

typedef int Status;
typedef void *Properties; /* a property set */
typedef void *Effect;     /* an effect's descriptor or one of its instances */
typedef void *Clip;
typedef void *Param;
typedef void *ParamSet;
typedef void (*Unused)(void);

typedef struct {
    int x1, y1, x2, y2; /* x2 and y2 are outside */
} RectI;

enum {
    OK = 0,
    FAILED = 1,
    MISSING_HOST_FEATURE = 4,
    BAD_INDEX = 10, /* of a plug-in's number */
    BAD_HANDLE = 9,
    REPLY_DEFAULT = 14,
};

typedef struct {
    Properties properties;
    const void *(*fetch_suite)(Properties host, const char *name, int version);
} Host;

typedef struct {
    const char *api;
    int api_version;
    const char *identifier;
    unsigned int major, minor;
    void (*set_host)(Host *host);
    Status (*main_entry)(const char *action, const void *handle, Properties in, Properties out);
} Plugin;

/* "OfxPropertySuite", version 1 */
typedef struct {
    Status (*set_pointer)(Properties, const char *name, int index, void *value);
    Status (*set_string)(Properties, const char *name, int index, const char *value);
    Status (*set_double)(Properties, const char *name, int index, double value);
    Status (*set_int)(Properties, const char *name, int index, int value);
    Unused set_pointer_n, set_string_n, set_double_n, set_int_n;
    Status (*get_pointer)(Properties, const char *name, int index, void **value);
    Status (*get_string)(Properties, const char *name, int index, char **value);
    Status (*get_double)(Properties, const char *name, int index, double *value);
    Status (*get_int)(Properties, const char *name, int index, int *value);
    Unused get_pointer_n, get_string_n, get_double_n, get_int_n;
    Unused reset, get_dimension;
} PropertySuite;

/* "OfxImageEffectSuite", version 1 */
typedef struct {
    Status (*get_property_set)(Effect, Properties *);
    Status (*get_param_set)(Effect, ParamSet *);
    Status (*clip_define)(Effect, const char *name, Properties *);
    Status (*clip_get_handle)(Effect, const char *name, Clip *, Properties *);
    Status (*clip_get_property_set)(Clip, Properties *);
    Status (*clip_get_image)(Clip, double time, const void *region, Properties *image);
    Status (*clip_release_image)(Properties image);
    Unused clip_get_region_of_definition;
    int (*abort)(Effect);
    Unused memory_alloc, memory_free, memory_lock, memory_unlock;
} ImageEffectSuite;

/* "OfxParameterSuite", version 1 */
typedef struct {
    Status (*define)(ParamSet, const char *type, const char *name, Properties *);
    Status (*get_handle)(ParamSet, const char *name, Param *, Properties *);
    Unused set_get_property_set, get_property_set;
    Status (*get_value)(Param, ...);
    Status (*get_value_at_time)(Param, double time, ...);
    Unused get_derivative, get_integral;
    Status (*set_value)(Param, ...);
    Unused set_value_at_time, get_num_keys, get_key_time, get_key_index, delete_key, delete_all_keys, copy;
    Unused edit_begin, edit_end;
} ParameterSuite;

/* "OfxMultiThreadSuite", version 1 */
typedef struct {
    Status (*multi_thread)(void (*work)(unsigned int index, unsigned int count, void *argument), unsigned int count,
                           void *argument);
    Status (*num_cpus)(unsigned int *);
    Unused index, is_spawned_thread, mutex_create, mutex_destroy, mutex_lock, mutex_unlock, mutex_try_lock;
} MultiThreadSuite;

/* "OfxMessageSuite", version 1; version 2 begins alike */
typedef struct {
    Status (*message)(void *handle, const char *type, const char *id, const char *format, ...);
} MessageSuite;

#define API_IMAGE_EFFECT "OfxImageEffectPluginAPI"

#define SUITE_PROPERTY "OfxPropertySuite"
#define SUITE_IMAGE_EFFECT "OfxImageEffectSuite"
#define SUITE_PARAMETER "OfxParameterSuite"
#define SUITE_MULTI_THREAD "OfxMultiThreadSuite"
#define SUITE_MESSAGE "OfxMessageSuite"

#define ACTION_LOAD "OfxActionLoad"
#define ACTION_UNLOAD "OfxActionUnload"
#define ACTION_DESCRIBE "OfxActionDescribe"
#define ACTION_DESCRIBE_IN_CONTEXT "OfxImageEffectActionDescribeInContext"
#define ACTION_CREATE_INSTANCE "OfxActionCreateInstance"
#define ACTION_DESTROY_INSTANCE "OfxActionDestroyInstance"
#define ACTION_INSTANCE_CHANGED "OfxActionInstanceChanged"
#define ACTION_CLIP_PREFERENCES "OfxImageEffectActionGetClipPreferences"
#define ACTION_IS_IDENTITY "OfxImageEffectActionIsIdentity"
#define ACTION_RENDER "OfxImageEffectActionRender"

#define CONTEXT_FILTER "OfxImageEffectContextFilter"
#define CONTEXT_GENERAL "OfxImageEffectContextGeneral"

#define CLIP_SOURCE "Source"
#define CLIP_OUTPUT "Output"

#define DEPTH_BYTE "OfxBitDepthByte"
#define DEPTH_SHORT "OfxBitDepthShort"
#define DEPTH_HALF "OfxBitDepthHalf"
#define DEPTH_FLOAT "OfxBitDepthFloat"

#define COMPONENTS_RGBA "OfxImageComponentRGBA"
#define COMPONENTS_RGB "OfxImageComponentRGB"
#define COMPONENTS_ALPHA "OfxImageComponentAlpha"

#define ALPHA_PREMULTIPLIED "OfxImageAlphaPremultiplied"

#define FIELD_NONE "OfxFieldNone"
#define FIELD_BOTH "OfxFieldBoth"

#define THREADS_FULLY_SAFE "OfxImageEffectRenderFullySafe"

#define PARAM_BOOLEAN "OfxParamTypeBoolean"
#define PARAM_CHOICE "OfxParamTypeChoice"
#define PARAM_DOUBLE "OfxParamTypeDouble"
#define PARAM_INTEGER "OfxParamTypeInteger"
#define PARAM_PUSH_BUTTON "OfxParamTypePushButton"
#define PARAM_STRING "OfxParamTypeString"

#define DOUBLE_SCALE "OfxParamDoubleTypeScale"
#define DOUBLE_PLAIN "OfxParamDoubleTypePlain"
#define STRING_FILE_PATH "OfxParamStringIsFilePath"
#define STRING_SINGLE_LINE "OfxParamStringIsSingleLine"

#define TYPE_PARAMETER "OfxTypeParameter"
#define CHANGED_BY_USER "OfxChangeUserEdited"
#define MESSAGE_ERROR "OfxMessageError"

/* of any object */
#define PROP_TYPE "OfxPropType"
#define PROP_NAME "OfxPropName"
#define PROP_LABEL "OfxPropLabel"
#define PROP_SHORT_LABEL "OfxPropShortLabel"
#define PROP_LONG_LABEL "OfxPropLongLabel"
#define PROP_TIME "OfxPropTime"
#define PROP_CHANGE_REASON "OfxPropChangeReason"

/* of the plug-in */
#define PROP_DESCRIPTION "OfxPropPluginDescription"
#define PROP_FILE_PATH "OfxPluginPropFilePath"
#define PROP_GROUPING "OfxImageEffectPluginPropGrouping"
#define PROP_SUPPORTED_CONTEXTS "OfxImageEffectPropSupportedContexts"
#define PROP_SUPPORTED_DEPTHS "OfxImageEffectPropSupportedPixelDepths"
#define PROP_SINGLE_INSTANCE "OfxImageEffectPluginPropSingleInstance"
#define PROP_THREAD_SAFETY "OfxImageEffectPluginRenderThreadSafety"
#define PROP_HOST_FRAME_THREADING "OfxImageEffectPluginPropHostFrameThreading"
#define PROP_SUPPORTS_TILES "OfxImageEffectPropSupportsTiles"
#define PROP_SUPPORTS_MULTI_RESOLUTION "OfxImageEffectPropSupportsMultiResolution"
#define PROP_SUPPORTS_MULTIPLE_DEPTHS "OfxImageEffectPropMultipleClipDepths"
#define PROP_TEMPORAL_ACCESS "OfxImageEffectPropTemporalClipAccess"
#define PROP_RENDER_TWICE "OfxImageEffectPluginPropFieldRenderTwiceAlways"

/* of clips and images */
#define PROP_SUPPORTED_COMPONENTS "OfxImageEffectPropSupportedComponents"
#define PROP_COMPONENTS "OfxImageEffectPropComponents"
#define PROP_DEPTH "OfxImageEffectPropPixelDepth"
#define PROP_PREMULTIPLICATION "OfxImageEffectPropPreMultiplication"
#define PROP_FRAME_RANGE "OfxImageEffectPropFrameRange"
#define PROP_FRAME_VARYING "OfxImageEffectFrameVarying"
#define PROP_DATA "OfxImagePropData"
#define PROP_BOUNDS "OfxImagePropBounds"
#define PROP_REGION_OF_DEFINITION "OfxImagePropRegionOfDefinition"
#define PROP_ROW_BYTES "OfxImagePropRowBytes"
#define PROP_FIELD "OfxImagePropField"

/* of a render */
#define PROP_RENDER_WINDOW "OfxImageEffectPropRenderWindow"
#define PROP_RENDER_SCALE "OfxImageEffectPropRenderScale"

/* of a parameter */
#define PROP_DEFAULT "OfxParamPropDefault"
#define PROP_MIN "OfxParamPropMin"
#define PROP_MAX "OfxParamPropMax"
#define PROP_DISPLAY_MIN "OfxParamPropDisplayMin"
#define PROP_DISPLAY_MAX "OfxParamPropDisplayMax"
#define PROP_DOUBLE_TYPE "OfxParamPropDoubleType"
#define PROP_STRING_MODE "OfxParamPropStringMode"
#define PROP_FILE_EXISTS "OfxParamPropStringFilePathExists"
#define PROP_CHOICE_OPTION "OfxParamPropChoiceOption"
#define PROP_HINT "OfxParamPropHint"
#define PROP_ANIMATES "OfxParamPropAnimates"
#define PROP_ENABLED "OfxParamPropEnabled"
#define PROP_SECRET "OfxParamPropSecret"
#define PROP_PERSISTENT "OfxParamPropPersistant" /* sic */
#define PROP_EVALUATE_ON_CHANGE "OfxParamPropEvaluateOnChange"

#endif
