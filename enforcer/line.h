/* SPDX-License-Identifier: Apache-2.0 */
/* Building a text in a buffer. */
#ifndef RF_LINE_H
#define RF_LINE_H

#include "chars.h"

/* A text being built in a buffer: always NUL-terminated; `full` once something did not fit. */
struct rf_line {
    char *start;
    size_t size; /* of the buffer, at least 1 */
    size_t used; /* without the NUL */
    bool full;
};
#define RF_LINE(buffer) ((struct rf_line){(buffer), sizeof(buffer), 0, false})

void rf_line_bytes(struct rf_line *line, const char *bytes, size_t count);
void rf_line_text(struct rf_line *line, const char *text);
void rf_line_number(struct rf_line *line, uint64_t value);
void rf_line_octal(struct rf_line *line, uint32_t value);
/* With a minus sign where needed. */
void rf_line_signed(struct rf_line *line, int64_t value);
/* As the inside of a JSON string. */
void rf_line_json(struct rf_line *line, const char *text);

/* Decimal text of a number, for one expression: RF_DECIMAL(17). */
struct rf_decimal {
    char text[24];
};
const char *rf_line_decimal(struct rf_decimal *space, uint64_t value);
#define RF_DECIMAL(value) rf_line_decimal(&(struct rf_decimal){""}, (value))

#endif
