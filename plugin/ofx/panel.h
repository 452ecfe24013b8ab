/* Opening Likeness's panel. */

#ifndef LIKENESS_PANEL_H
#define LIKENESS_PANEL_H

#include <stdbool.h>

/* Starts the panel with the folder of a result (may be empty), without a shell. `bundle` is the plug-in's bundle, NULL
   where the host does not say. False where the panel is not found or does not start. */
bool panel_open(const char *bundle, const char *result);

#endif
