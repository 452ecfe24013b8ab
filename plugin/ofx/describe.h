/* What the effect is, told to the host: its abilities, clips and parameters. */

#ifndef LIKENESS_DESCRIBE_H
#define LIKENESS_DESCRIBE_H

#include "abi.h"

/* The two actions that describe; FAILED where the host has no place for an answer. */
Status describe(Effect effect);
Status describe_in_context(Effect effect);

#endif
