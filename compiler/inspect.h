/* SPDX-License-Identifier: Apache-2.0 */
/* Everything in a blob, in words, with the policy line each item came from. */
#ifndef RF_INSPECT_H
#define RF_INSPECT_H

#include "../schemas/blob/view.h"

#include <stdbool.h>
#include <stdio.h>

/* Prints the blob; `disassemble`: every instruction of the filters too. */
void rf_inspect(const struct rf_view *view, const struct rf_map *map, bool disassemble, FILE *out);

#endif
