/* SPDX-License-Identifier: Apache-2.0 */
/* A blob in words: the raw material of `ringfence inspect`.  Hosted; for people, not a format to parse. */
#ifndef RF_BLOB_DUMP_H
#define RF_BLOB_DUMP_H

#include "view.h"

/* The `section` under which the header is told; `index` is then the byte offset of the field. */
#define RF_DUMP_HEADER 0u

/*
 * Calls `line` in ascending order of (section, index): for the header and the sections of one record once per field
 * (index: byte offset of the field, as in the source map), else once per record; for a FILTER section once, with
 * RF_NONE, and the number of instructions only.  `text` is one line of printable ASCII without the newline, whatever
 * the blob's strings hold, and lives until `line` returns.
 */
void rf_dump(const struct rf_view *view, void (*line)(void *ctx, uint32_t section, uint32_t index, const char *text),
             void *ctx);

#endif
