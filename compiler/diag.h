/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics: phases report and go on, so that one run shows every error of a file; the caller stops
 * between phases when rf_diags_errors() says so.
 */
#ifndef RF_DIAG_H
#define RF_DIAG_H

#include "source.h"

#include <stdbool.h>
#include <stdio.h>

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_INFO };

enum diag_id {
#define DIAG(number, id, severity, title, why) D_##id,
#include "diag.def"
#undef DIAG
    DIAG_COUNT
};

struct diag_info {
    unsigned number; /* printed as RF%04u */
    const char *id;
    enum severity severity;
    const char *title, *why;
};
extern const struct diag_info rf_diag_info[DIAG_COUNT];

struct diag {
    enum diag_id id;
    struct span at; /* source NULL: no place, only the message */
    const char *message;
    const char *label; /* behind the caret; or NULL */
    struct span other; /* a second place; source NULL: none */
    const char *other_label;
    const char *help; /* or NULL */
    uint32_t sequence;
};

struct diags {
    struct rf_arena *arena;
    struct diag **list;
    size_t count;
    size_t errors; /* found, kept or not */
    struct diag scratch;
};

void rf_diags_init(struct diags *diags, struct rf_arena *arena);

/* Adds one diagnostic; the result may be given a label, a second place and a help text.  After 100 the rest
 * are counted, not kept; the result is then a scratch diagnostic, never NULL. */
struct diag *rf_diag(struct diags *diags, enum diag_id id, struct span at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void rf_diag_label(struct diags *diags, struct diag *diag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void rf_diag_other(struct diags *diags, struct diag *diag, struct span at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void rf_diag_help(struct diags *diags, struct diag *diag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

size_t rf_diags_errors(const struct diags *diags);

/* Prints all, ordered by file and line, gcc-style first line then source and caret.  color: ANSI. */
void rf_diags_print(const struct diags *diags, FILE *out, bool color);

/* A name that a user or a file gave (a path, say), made harmless by rf_source_defuse(). */
void rf_diag_put(FILE *out, const char *text);

/* The candidate nearest to `word` (few edits, case ignored), or NULL: for "did you mean". */
struct guess {
    const char *word;
    size_t length;
    const char *best;
    unsigned distance;
};
void rf_guess_init(struct guess *guess, const char *word, size_t length);
void rf_guess_try(struct guess *guess, const char *candidate);

#endif
