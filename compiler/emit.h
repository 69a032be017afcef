/* SPDX-License-Identifier: Apache-2.0 */
/* Plan to bytes to file. */
#ifndef RF_EMIT_H
#define RF_EMIT_H

#include "lower.h"

struct blob {
    uint8_t *bytes;
    size_t length;
};

/* Encodes the plan, decodes the result, encodes that again and compares. False after a diagnostic. */
bool rf_emit_blob(struct lower *l, struct blob *blob);

/* Writes the file beside its place and renames it there, so that no reader ever sees half of it. "-": standard
 * output. False after a diagnostic; then nothing is left. */
bool rf_emit_file(struct compile_context *c, const struct blob *blob, const char *path);

/* A sealed memory file with the blob, open for reading (not close-on-exec), or -1 after a diagnostic. */
int rf_emit_memfd(struct compile_context *c, const struct blob *blob);

#endif
