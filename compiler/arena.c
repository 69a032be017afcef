/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)64 * 1024)
#define ALIGN _Alignof(max_align_t)

struct chunk {
    struct chunk *next;
    size_t used, size;
    _Alignas(max_align_t) char bytes[];
};

struct rf_arena {
    struct chunk *head;
};

static void out_of_memory(void) {
    fputs("ringfence: out of memory\n", stderr);
    exit(3);
}

struct rf_arena *rf_arena_new(void) {
    struct rf_arena *arena = calloc(1, sizeof *arena);
    if (!arena) out_of_memory();
    return arena;
}

void rf_arena_free(struct rf_arena *arena) {
    if (!arena) return;
    for (struct chunk *c = arena->head; c;) {
        struct chunk *next = c->next;
        free(c);
        c = next;
    }
    free(arena);
}

void *rf_arena_alloc(struct rf_arena *arena, size_t size) {
    if (size > SIZE_MAX / 2) out_of_memory();
    size = (size + ALIGN - 1) & ~(ALIGN - 1);
    struct chunk *c = arena->head;
    if (!c || c->size - c->used < size) {
        size_t want = size > CHUNK ? size : CHUNK;
        c = calloc(1, sizeof *c + want);
        if (!c) out_of_memory();
        c->size = want;
        c->next = arena->head;
        arena->head = c;
    }
    void *p = c->bytes + c->used;
    c->used += size;
    return p;
}

char *rf_arena_copy(struct rf_arena *arena, const char *text, size_t length) {
    char *p = rf_arena_alloc(arena, length + 1);
    if (length) memcpy(p, text, length);
    p[length] = 0;
    return p;
}

char *rf_arena_printf(struct rf_arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) out_of_memory();
    char *p = rf_arena_alloc(arena, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}

void *rf_arena_grow(struct rf_arena *arena, void *array, size_t count, size_t element) {
    int full = count == 0 || (count >= 8 && (count & (count - 1)) == 0);
    if (!full) return array;
    size_t capacity = count < 8 ? 8 : count * 2;
    void *bigger = rf_arena_alloc(arena, capacity * element);
    if (count) memcpy(bigger, array, count * element);
    return bigger;
}
