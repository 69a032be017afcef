/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics as text: gcc's line, then the source with a caret. */
#include "diag.h"

#include <stdlib.h>
#include <string.h>

void rf_diag_put(FILE *out, const char *text) {
    size_t length = strlen(text);
    char *copy = strdup(text);
    if (!copy) return;
    rf_source_defuse(copy, length);
    fputs(copy, out);
    free(copy);
}

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

/* Terminal cells of a character: 2 for East Asian wide ones and emoji, 0 for what combines with the one before. A
 * table of our own, for wcwidth() depends on the locale. */
static unsigned cells_of(uint32_t c) {
    static const struct {
        uint32_t first, last;
        unsigned cells;
    } ranges[] = {
        {0x300, 0x36f, 0},   {0x483, 0x489, 0},     {0x591, 0x5bd, 0},     {0x610, 0x61a, 0},     {0x64b, 0x65f, 0},
        {0x93c, 0x93c, 0},   {0x94d, 0x94d, 0},     {0xe31, 0xe31, 0},     {0xe34, 0xe3a, 0},     {0xe47, 0xe4e, 0},
        {0x1100, 0x115f, 2}, {0x200b, 0x200d, 0},   {0x20d0, 0x20f0, 0},   {0x2e80, 0x303e, 2},   {0x3041, 0xa4cf, 2},
        {0xac00, 0xd7a3, 2}, {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},   {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},
        {0xffe0, 0xffe6, 2}, {0x1f300, 0x1f64f, 2}, {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last) return ranges[i].cells;
    return 1;
}

/* The code point at *at, which moves behind it: '?' for what may not be shown, a space past the end. */
static uint32_t next_point(const char **at, const char *end) {
    if (*at >= end) return ' ';
    const char *wrong;
    const unsigned char *p = (const unsigned char *)*at;
    size_t n = rf_source_character(*at, (size_t)(end - *at), &wrong);
    *at += n;
    if (wrong) return '?';
    uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) c = c << 6 | (p[i] & 0x3fu);
    return c;
}

/* A piece of a line; the line of an encoding error may hold anything. */
static void put_piece(FILE *out, const char *from, const char *to) {
    while (from < to) {
        const char *start = from;
        uint32_t c = next_point(&from, to);
        if (c == '?')
            fputc('?', out);
        else
            fwrite(start, 1, (size_t)(from - start), out);
    }
}

static uint32_t columns_of(const char *line, const char *end) {
    uint32_t n = 0;
    while (line < end) next_point(&line, end), n++;
    return n;
}

#define LINE_MAX 160u /* code points of a line shown whole; of a longer one only what surrounds the place */
#define SHOWN    120u
#define BEFORE   40u

static void print_source(const struct paint *p, struct span at, char mark, const char *label, const char *hue) {
    size_t length;
    const char *line = rf_source_line(at.source, at.line, &length), *stop = line + length;
    uint32_t width = columns_of(line, stop), first = 1, last = width;
    uint32_t end = at.end_line == at.line ? at.end_column : width + 1;
    if (end <= at.column) end = at.column + 1;
    if (width > LINE_MAX) {
        first = at.column > BEFORE ? at.column - BEFORE : 1;
        last = width - first >= SHOWN ? first + SHOWN - 1 : width;
        if (end > last + 1 && at.column <= last) end = last + 1;
    }
    const char *from = line, *to;
    for (uint32_t i = 1; i < first; i++) next_point(&from, stop);
    to = from;
    for (uint32_t i = first; i <= last; i++) next_point(&to, stop);
    fprintf(p->out, "%s%5u |%s %s", ink(p, BLUE), at.line, ink(p, PLAIN), first > 1 ? "..." : "");
    put_piece(p->out, from, to);
    fputs(last < width ? "...\n" : "\n", p->out);
    fprintf(p->out, "%s      |%s %s", ink(p, BLUE), ink(p, PLAIN), first > 1 ? "   " : "");
    for (uint32_t column = first; column < at.column; column++) { /* keep tabs, so that the caret stands right */
        uint32_t c = next_point(&from, stop);
        fprintf(p->out, "%*s", (int)cells_of(c), c == '\t' ? "\t" : "");
    }
    unsigned marks = 0;
    for (uint32_t column = at.column; column < end; column++) marks += cells_of(next_point(&from, stop));
    fputs(ink(p, hue), p->out);
    for (unsigned i = 0; i < (marks ? marks : 1); i++) fputc(mark, p->out);
    if (label) fprintf(p->out, " %s", label);
    fprintf(p->out, "%s\n", ink(p, PLAIN));
}

static void print_place(const struct paint *p, struct span at) {
    rf_diag_put(p->out, at.source->path);
    fprintf(p->out, ":%u:%u", at.line, at.column);
}

static void print_one(const struct paint *p, const struct diag *d) {
    static const char *const names[] = {"error", "warning", "info"};
    const struct diag_info *info = &rf_diag_info[d->id];
    fputs(ink(p, BOLD), p->out);
    if (d->at.source)
        print_place(p, d->at);
    else
        fputs("ringfence", p->out);
    fprintf(p->out, ": %s%s:%s%s %s [RF%04u]%s\n", ink(p, RED), names[info->severity], ink(p, PLAIN), ink(p, BOLD),
            d->message, info->number, ink(p, PLAIN));
    if (d->at.source) {
        fprintf(p->out, "%s      |%s\n", ink(p, BLUE), ink(p, PLAIN));
        print_source(p, d->at, '^', d->label, RED);
    }
    if (d->other.source) {
        if (d->other.source != d->at.source) {
            fprintf(p->out, "%s  ::: ", ink(p, BLUE));
            print_place(p, d->other);
            fprintf(p->out, "%s\n", ink(p, PLAIN));
        }
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
