/* SPDX-License-Identifier: Apache-2.0 */
#include "diag.h"

#include <ctype.h>
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

static char *format_text(struct rf_arena *arena, const char *format, va_list args) {
    char small[2048]; /* messages quote bounded names only; a longer one is cut */
    int n = vsnprintf(small, sizeof small, format, args);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof small ? (size_t)n : sizeof small - 1;
    char *text = rf_arena_copy(arena, small, length);
    for (size_t i = 0; i < length; i++) /* what a user typed must not drive the terminal */
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) text[i] = '?';
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

/* ---- printing ---- */

struct paint {
    FILE *out;
    bool color;
};

static const char *ink(const struct paint *p, const char *code) {
    return p->color ? code : "";
}
#define RED   "\033[1;31m"
#define BLUE  "\033[1;34m"
#define BOLD  "\033[1m"
#define PLAIN "\033[0m"

static int by_place(const void *pa, const void *pb) {
    const struct diag *a = *(struct diag *const *)pa, *b = *(struct diag *const *)pb;
    uint32_t fa = a->at.source ? a->at.source->order + 1 : 0, fb = b->at.source ? b->at.source->order + 1 : 0;
    if (fa != fb) return fa < fb ? -1 : 1;
    if (a->at.line != b->at.line) return a->at.line < b->at.line ? -1 : 1;
    if (a->at.column != b->at.column) return a->at.column < b->at.column ? -1 : 1;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/* Code points in the first `bytes` bytes. */
static uint32_t width_of(const char *text, size_t bytes) {
    uint32_t n = 0;
    for (size_t i = 0; i < bytes; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80) n++;
    return n;
}

static void print_source(const struct paint *p, struct span at, char mark, const char *label, const char *hue) {
    size_t length;
    const char *line = rf_source_line(at.source, at.line, &length);
    fprintf(p->out, "%s%5u |%s %.*s\n", ink(p, BLUE), at.line, ink(p, PLAIN), (int)length, line);
    uint32_t width = width_of(line, length);
    uint32_t end = at.end_line == at.line ? at.end_column : width + 1;
    if (end <= at.column) end = at.column + 1;
    fprintf(p->out, "%s      |%s ", ink(p, BLUE), ink(p, PLAIN));
    const char *c = line;
    for (uint32_t column = 1; column < at.column; column++) { /* keep tabs, so that the caret stands right */
        int tab = c < line + length && *c == '\t';
        fputc(tab ? '\t' : ' ', p->out);
        if (c < line + length) c++;
        while (c < line + length && ((unsigned char)*c & 0xc0) == 0x80) c++;
    }
    fputs(ink(p, hue), p->out);
    for (uint32_t column = at.column; column < end; column++) fputc(mark, p->out);
    if (label) fprintf(p->out, " %s", label);
    fprintf(p->out, "%s\n", ink(p, PLAIN));
}

static void print_one(const struct paint *p, const struct diag *d) {
    static const char *const names[] = {"error", "warning", "info"};
    const struct diag_info *info = &rf_diag_info[d->id];
    fputs(ink(p, BOLD), p->out);
    if (d->at.source)
        fprintf(p->out, "%s:%u:%u: ", d->at.source->path, d->at.line, d->at.column);
    else
        fputs("ringfence: ", p->out);
    fprintf(p->out, "%s%s:%s%s %s [RF%04u]%s\n", ink(p, RED), names[info->severity], ink(p, PLAIN), ink(p, BOLD),
            d->message, info->number, ink(p, PLAIN));
    if (d->at.source) {
        fprintf(p->out, "%s      |%s\n", ink(p, BLUE), ink(p, PLAIN));
        print_source(p, d->at, '^', d->label, RED);
    }
    if (d->other.source) {
        if (d->other.source != d->at.source)
            fprintf(p->out, "%s  ::: %s:%u:%u%s\n", ink(p, BLUE), d->other.source->path, d->other.line, d->other.column,
                    ink(p, PLAIN));
        print_source(p, d->other, '-', d->other_label, BLUE);
    }
    if (d->help) fprintf(p->out, "%s      = help:%s %s\n", ink(p, BLUE), ink(p, PLAIN), d->help);
}

void rf_diags_print(const struct diags *diags, FILE *out, bool color) {
    struct paint p = {out, color};
    if (diags->count) qsort(diags->list, diags->count, sizeof(*diags->list), by_place);
    for (size_t i = 0; i < diags->count; i++) print_one(&p, diags->list[i]);
    if (diags->errors > diags->count)
        fprintf(out, "ringfence: %zu more errors not shown\n", diags->errors - diags->count);
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

/* Damerau-Levenshtein with adjacent swaps: typing errors are mostly these. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb) {
    unsigned row[3][WORD_MAX + 1];
    for (size_t j = 0; j <= nb; j++) row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            int ca = tolower((unsigned char)a[i - 1]), cb = tolower((unsigned char)b[j - 1]);
            now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) && cb == tolower((unsigned char)a[i - 2]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[na % 3][nb];
}

void rf_guess_try(struct guess *guess, const char *candidate) {
    size_t n = strlen(candidate);
    if (n > WORD_MAX || guess->length > WORD_MAX || !n) return;
    unsigned d = distance(guess->word, guess->length, candidate, n);
    if (d < guess->distance) {
        guess->distance = d;
        guess->best = candidate;
    }
}
