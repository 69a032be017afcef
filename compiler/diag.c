/* SPDX-License-Identifier: Apache-2.0 */
#include "diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_MAX 100u

const struct diag_info rf_diag_info[DIAG_COUNT] = {
#define DIAG(number, id, severity, title, why) {number, #id, SEVERITY_##severity, title, why},
#include "diag.def"
#undef DIAG
};

void rf_diags_init(struct diags *diags, struct rf_arena *arena) {
    memset(diags, 0, sizeof *diags);
    diags->arena = arena;
}

#define MESSAGE_MAX  600u /* a longer message quotes something long: its middle is left out */
#define MESSAGE_HEAD 400
#define MESSAGE_TAIL 150

static char *format_text(struct rf_arena *arena, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    size_t length = n < 0 ? 0 : (size_t)n;
    char *text = rf_arena_alloc(arena, length + 1);
    if (length) vsnprintf(text, length + 1, format, again);
    va_end(again);
    if (length > MESSAGE_MAX) {
        text = rf_arena_printf(arena, "%.*s...%s", MESSAGE_HEAD, text, text + length - MESSAGE_TAIL);
        length = MESSAGE_HEAD + 3 + MESSAGE_TAIL;
    }
    rf_source_defuse(text, length);
    return text;
}

static bool same_place(struct span a, struct span b) {
    return a.source == b.source && a.line == b.line && a.column == b.column;
}

struct diag *rf_diag(struct diags *diags, enum diag_id id, struct span at, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *message = format_text(diags->arena, format, args);
    va_end(args);
    struct diag *d = &diags->scratch;
    for (size_t i = 0; i < diags->count; i++) /* found again for a second machine */
        if (diags->list[i]->id == id && same_place(diags->list[i]->at, at) &&
            strcmp(diags->list[i]->message, message) == 0)
            return d;
    if (rf_diag_info[id].severity == SEVERITY_ERROR) diags->errors++;
    if (diags->count < KEPT_MAX) {
        d = RF_NEW(diags->arena, struct diag);
        d->sequence = (uint32_t)diags->count;
        RF_PUSH(diags->arena, diags->list, diags->count, d);
    }
    d->id = id;
    d->at = at;
    d->message = message;
    return d;
}

void rf_diag_label(struct diags *diags, struct diag *diag, const char *format, ...) {
    va_list args;
    va_start(args, format);
    diag->label = format_text(diags->arena, format, args);
    va_end(args);
}

void rf_diag_other(struct diags *diags, struct diag *diag, struct span at, const char *format, ...) {
    va_list args;
    va_start(args, format);
    diag->other = at;
    diag->other_label = format_text(diags->arena, format, args);
    va_end(args);
}

void rf_diag_help(struct diags *diags, struct diag *diag, const char *format, ...) {
    va_list args;
    va_start(args, format);
    diag->help = format_text(diags->arena, format, args);
    va_end(args);
}

size_t rf_diags_errors(const struct diags *diags) {
    return diags->errors;
}

/* ---- suggestions ---- */

#define WORD_MAX 48u

void rf_guess_init(struct guess *guess, const char *word, size_t length) {
    guess->word = word;
    guess->length = length;
    guess->best = NULL;
    guess->distance = length <= 3 ? 2 : length <= 6 ? 3 : 4; /* must be less than this */
}

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

/* Not tolower(): its answers depend on the locale. */
static int lower(char c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

/* Damerau-Levenshtein with adjacent swaps: typing errors are mostly these. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb) {
    unsigned row[3][WORD_MAX + 1];
    for (size_t j = 0; j <= nb; j++) row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            int ca = lower(a[i - 1]), cb = lower(b[j - 1]);
            now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == lower(b[j - 2]) && cb == lower(a[i - 2]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[na % 3][nb];
}

void rf_guess_try(struct guess *guess, const char *candidate) {
    size_t n = strlen(candidate);
    if (n > WORD_MAX || guess->length > WORD_MAX || !n) return;
    /* So many edits at least; most candidates end here, which keeps ten thousand unknown words cheap. */
    size_t apart = n > guess->length ? n - guess->length : guess->length - n;
    if (apart >= guess->distance) return;
    unsigned d = distance(guess->word, guess->length, candidate, n);
    if (d < guess->distance) {
        guess->distance = d;
        guess->best = candidate;
    }
}
