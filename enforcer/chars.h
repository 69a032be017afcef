/* SPDX-License-Identifier: Apache-2.0 */
/* Strings without a libc: comparing, searching, decimal numbers. */
#ifndef RF_CHARS_H
#define RF_CHARS_H

#include "../schemas/blob/view.h"

size_t rf_chars_length(const char *text);
bool rf_chars_equal(const char *a, const char *b);

/* What follows `prefix` in `text`, or NULL if it does not begin with it. */
const char *rf_chars_after(const char *text, const char *prefix);

/* The first `byte` of text, or NULL. */
const char *rf_chars_find(const char *text, char byte);

/* What stands behind the first `byte` of text, or NULL: from one line or word to the next. */
const char *rf_chars_next(const char *text, char byte);

/* The string of this number, from 0, in a run of them; the empty one at the end if there are not as many. */
const char *rf_chars_nth(const char *texts, uint32_t number);

/* Whether a path is this one or, by its text, below it. */
bool rf_chars_below(const char *path, const char *top);

/* rf_value_number(): the kernel writes no leading zeros either. */
static inline bool rf_chars_number(const char **at, uint64_t *value) {
    return rf_value_number(at, value);
}

#endif
