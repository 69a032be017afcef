/* SPDX-License-Identifier: Apache-2.0 */
#include "hot.h"
#include "names.h"

#include <string.h>

#define COUNT_MAX UINT64_C(1000000000) /* the generator multiplies it */

/* One word from *at on; its length, 0 at the end of the line. */
static size_t next_word(const char **at, const char *end) {
    while (*at < end && (**at == ' ' || **at == '\t')) (*at)++;
    size_t n = 0;
    while (*at + n < end && (*at)[n] != ' ' && (*at)[n] != '\t') n++;
    return n;
}

static bool read_count(const char *text, size_t length, uint64_t *count) {
    *count = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || *count > COUNT_MAX) return false;
        *count = *count * 10 + (uint64_t)(text[i] - '0');
    }
    return length > 0;
}

static struct span place(const struct source *source, uint32_t line, const char *start, const char *word, size_t n) {
    uint32_t column = (uint32_t)(word - start) + 1;
    return (struct span){source, line, column, line, column + (uint32_t)(n ? n : 1)};
}

static void unknown_call(struct compile_context *c, struct span at, const char *name, size_t length) {
    const char *best = rf_name_guess_call(name, length);
    struct diag *d =
        rf_diag(c->diags, D_UNKNOWN_CALL, at, "unknown system call '%.*s'", (int)(length < 64 ? length : 64), name);
    if (best) rf_diag_label(c->diags, d, "did you mean '%s'?", best);
}

static void read_line(struct compile_context *c, const struct source *source, uint32_t line, uint32_t *counts) {
    size_t length;
    const char *start = rf_source_line(source, line, &length), *at = start;
    const char *comment = memchr(start, '#', length), *end = comment ? comment : start + length;
    size_t n = next_word(&at, end);
    if (!n) return;
    const char *name = at;
    size_t name_length = n;
    at += n;
    n = next_word(&at, end);
    const char *number = at, *rest = at + n;
    uint64_t count;
    if (!read_count(number, n, &count) || next_word(&rest, end)) {
        struct diag *d = rf_diag(c->diags, D_BAD_FREQUENCY, place(source, line, start, number, n),
                                 "a line is CALL COUNT, such as 'futex 81234'");
        rf_diag_help(c->diags, d,
                     "`strace -f -c -U name,calls -o FILE` counts the calls of a program; take out its head and total");
        return;
    }
    const struct rf_syscall *call = rf_syscall_find(name, name_length);
    if (!call) {
        unknown_call(c, place(source, line, start, name, name_length), name, name_length);
        return;
    }
    uint64_t sum = count + counts[call - rf_syscalls];
    counts[call - rf_syscalls] = (uint32_t)(sum < COUNT_MAX ? sum : COUNT_MAX);
}

const uint32_t *rf_hot_read(struct compile_context *c, const char *path) {
    const struct span nowhere = {0};
    const struct source *source = rf_source_read(c->arena, c->diags, path, path, nowhere);
    if (!source) return NULL;
    size_t before = rf_diags_errors(c->diags);
    uint32_t *counts = rf_arena_alloc(c->arena, rf_syscall_count * sizeof *counts);
    for (uint32_t line = 1; line <= source->lines; line++) read_line(c, source, line, counts);
    return rf_diags_errors(c->diags) == before ? counts : NULL;
}
