/* SPDX-License-Identifier: Apache-2.0 */
/* One arena per compile: nothing is freed singly, rf_arena_free() frees all. */
#ifndef RF_ARENA_H
#define RF_ARENA_H

#include <stddef.h>

struct rf_arena;

/* Never NULL: out of memory ends the process with exit code 3 and one line. */
struct rf_arena *rf_arena_new(void);
void rf_arena_free(struct rf_arena *arena);

/* `size` zeroed bytes, aligned for any type; never NULL. */
void *rf_arena_alloc(struct rf_arena *arena, size_t size);

/* A NUL-terminated copy of length bytes. */
char *rf_arena_copy(struct rf_arena *arena, const char *text, size_t length);

char *rf_arena_printf(struct rf_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for one more element behind `count` in a growing array (capacity doubles from 8 whenever
 * count is 0, 8, 16, 32, ...): returns the array to use from now on. */
void *rf_arena_grow(struct rf_arena *arena, void *array, size_t count, size_t element);

#define RF_NEW(arena, type) ((type *)rf_arena_alloc(arena, sizeof(type)))
/* Appends `value` to array `a` of `n` elements. */
#define RF_PUSH(arena, a, n, value) ((a) = rf_arena_grow(arena, (a), (n), sizeof *(a)), (a)[(n)++] = (value))

#endif
