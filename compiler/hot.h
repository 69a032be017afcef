/* SPDX-License-Identifier: Apache-2.0 */
/* Call frequencies from a file, by which the generator puts calls that are made often near the top of the filter. */
#ifndef RF_HOT_H
#define RF_HOT_H

#include "policy.h"

/*
 * Reads lines of CALL COUNT (`futex 81234`), in any order; '#' starts a comment. A call given twice counts together.
 * Returns a count for each of rf_syscalls[], in the arena; NULL after a diagnostic. The decisions of a filter never
 * depend on it, and the proof does not look at it.
 */
const uint32_t *rf_hot_read(struct compile_context *c, const char *path);

#endif
