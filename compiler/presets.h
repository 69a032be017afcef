/* SPDX-License-Identifier: Apache-2.0 */
/* The language's defaults: the preset column of keys.def, read by the same code as a policy's own text. */
#ifndef RF_PRESETS_H
#define RF_PRESETS_H

#include "policy.h"

/* The default of a key, or NULL. Its origin is a file with is_preset set. */
const struct value *rf_preset(struct compile_context *c, enum key_id key);

#endif
