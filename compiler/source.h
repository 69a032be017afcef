/* SPDX-License-Identifier: Apache-2.0 */
/* Source files and places in them. */
#ifndef RF_SOURCE_H
#define RF_SOURCE_H

#include "arena.h"

#include <stdint.h>

#define RF_SOURCE_MAX ((size_t)256 * 1024) /* bytes of one policy file */

struct source {
    const char *path;  /* as opened, for messages */
    const char *label; /* as named in the source map: relative to the main policy, or <installed>/..., <include>/... */
    const char *text;  /* valid UTF-8 without NUL, NUL-terminated */
    size_t length;
    uint32_t lines;
    const uint32_t *line_starts; /* byte offset of each line, [lines] is length */
    uint8_t sha256[32];
    uint32_t order; /* in order of reading: main policy is 0 */
};

/* A range of characters; line and column are 1-based and count code points, end is exclusive. */
struct span {
    const struct source *source;
    uint32_t line, column, end_line, end_column;
};

struct diags;

/*
 * Reads the file at `path` ("-": standard input) into the arena.  Refuses, with a diagnostic: what is not a
 * regular file or pipe, more than RF_SOURCE_MAX bytes, invalid UTF-8, control characters, a byte order mark,
 * a lone CR, and the three Unicode line breaks that YAML 1.1 counts as lines and editors do not.
 * `asked_at` is the `extends` entry that names it (source NULL: the command line).  NULL after a diagnostic.
 */
const struct source *rf_source_read(struct rf_arena *arena, struct diags *diags, const char *path, const char *label,
                                    struct span asked_at);

/* Text of a line without its line end. */
const char *rf_source_line(const struct source *source, uint32_t line, size_t *length);

/* Bytes of the character at `text` (at least 1; `left` > 0 bytes are there); *wrong says what is wrong with it, or NULL. */
size_t rf_source_character(const char *text, size_t left, const char **wrong);

/* Overwrites with '?' whatever in a text for people could drive a terminal, show it in another order or is no
 * UTF-8: control and bidirectional characters, line breaks, stray bytes. */
void rf_source_defuse(char *text, size_t length);

#endif
