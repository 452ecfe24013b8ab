#include "host.h"

#include <string.h>

Suites suites;

void set_string(Properties set, const char *name, int index, const char *value)
{
    suites.property->set_string(set, name, index, value);
}

void set_int(Properties set, const char *name, int value)
{
    suites.property->set_int(set, name, 0, value);
}

const char *get_string(Properties set, const char *name)
{
    char *value = NULL;
    if (!set || suites.property->get_string(set, name, 0, &value) != OK || !value) return "";
    return value;
}

int get_int(Properties set, const char *name, int index, int otherwise)
{
    int value = otherwise;
    if (!set || suites.property->get_int(set, name, index, &value) != OK) return otherwise;
    return value;
}

double get_double(Properties set, const char *name, int index, double otherwise)
{
    double value = otherwise;
    if (!set || suites.property->get_double(set, name, index, &value) != OK) return otherwise;
    return value;
}

bool get_rect(Properties set, const char *name, RectI *rect)
{
    int *sides[] = {&rect->x1, &rect->y1, &rect->x2, &rect->y2};
    if (!set) return false;
    for (int i = 0; i < 4; i++)
        if (suites.property->get_int(set, name, i, sides[i]) != OK) return false;
    return rect->x1 < rect->x2 && rect->y1 < rect->y2;
}

Param param_of(Effect effect, const char *name)
{
    ParamSet set = NULL;
    Param param = NULL;
    if (suites.effect->get_param_set(effect, &set) != OK || !set) return NULL;
    if (suites.parameter->get_handle(set, name, &param, NULL) != OK) return NULL;
    return param;
}

double double_of(Effect effect, const char *name, double time, double otherwise)
{
    double value = otherwise;
    Param param = param_of(effect, name);
    if (!param || suites.parameter->get_value_at_time(param, time, &value) != OK) return otherwise;
    return value;
}

int int_of(Effect effect, const char *name, int otherwise)
{
    int value = otherwise;
    Param param = param_of(effect, name);
    if (!param || suites.parameter->get_value(param, &value) != OK) return otherwise;
    return value;
}

void path_of(Effect effect, char *path)
{
    char *value = NULL; /* the host's, and only until the next call */
    Param param = param_of(effect, PARAM_RESULT);
    path[0] = 0;
    if (!param || suites.parameter->get_value(param, &value) != OK || !value) return;
    size_t length = strlen(value);
    if (length < PATH_BYTES) memcpy(path, value, length + 1);
}
