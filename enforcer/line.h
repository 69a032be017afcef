/* SPDX-License-Identifier: Apache-2.0 */
/* Building a text in a buffer. */
#ifndef RF_LINE_H
#define RF_LINE_H

#include "chars.h"
#include "words.h"
#include <stdarg.h>

/* A text being built in a buffer: always NUL-terminated. */
struct rf_line {
    char *start;
    uint32_t size; /* of the buffer, at least 1 */
    uint32_t used; /* without the NUL; `size` once something did not fit */
};
#define RF_LINE(buffer) ((struct rf_line){(buffer), sizeof(buffer), 0})

static inline bool rf_line_full(const struct rf_line *line) {
    return line->used == line->size;
}

void rf_line_bytes(struct rf_line *line, const char *bytes, size_t count);
void rf_line_text(struct rf_line *line, const char *text);
/* As printf(3), of which it knows %s, %d, %u, %lu, %ld and %o (the last with a leading 0).  The format is a literal. */
#define rf_line_format(line, format, ...) rf_line_format_packed(line, RF_WORDS(format), ##__VA_ARGS__)
void rf_line_format_packed(struct rf_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same from the start of a buffer; whether it fitted. */
#define rf_line_print(buffer, size, format, ...) rf_line_print_packed(buffer, size, RF_WORDS(format), ##__VA_ARGS__)
bool rf_line_print_packed(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define RF_PRINT(buffer, ...) rf_line_print(buffer, sizeof(buffer), __VA_ARGS__)
/* The same; `trim`: of a string that ends in a newline, as the content of a kernel file does, that is left out. */
void rf_line_arguments(struct rf_line *line, const char *packed, va_list arguments, bool trim)
    __attribute__((format(printf, 2, 0)));
/* Packed words without arguments. */
void rf_line_packed(struct rf_line *line, const char *packed);
/* As the inside of a JSON string. */
void rf_line_json(struct rf_line *line, const char *text);

#endif
