/* The host as the plug-in sees it: its suites, and properties and parameters read with what to assume where it does
   not answer. */

#ifndef LIKENESS_HOST_H
#define LIKENESS_HOST_H

#include <stdbool.h>

#include "abi.h"

/* Names of parameters: saved in projects, never to be changed. */
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

#define PATH_BYTES 4096 /* longest path of a result, with its end */

/* What the host offers, between load and unload. */
typedef struct {
    const PropertySuite *property;
    const ImageEffectSuite *effect;
    const ParameterSuite *parameter;
    const MultiThreadSuite *threads; /* NULL where the host has none */
    const MessageSuite *message;     /* NULL, too */
} Suites;

extern Suites suites;

/* Properties; without an answer: "", or `otherwise`, or false. An empty rectangle counts as none. */
void set_string(Properties set, const char *name, int index, const char *value);
void set_int(Properties set, const char *name, int value);
const char *get_string(Properties set, const char *name);
int get_int(Properties set, const char *name, int index, int otherwise);
double get_double(Properties set, const char *name, int index, double otherwise);
bool get_rect(Properties set, const char *name, RectI *rect);

/* Parameters of an instance; without an answer NULL, `otherwise`, or an empty path. `path` has PATH_BYTES bytes. */
Param param_of(Effect effect, const char *name);
double double_of(Effect effect, const char *name, double time, double otherwise);
int int_of(Effect effect, const char *name, int otherwise);
void path_of(Effect effect, char *path);

#endif
