/* SPDX-License-Identifier: Apache-2.0 */
#include "line.h"

void rf_line_bytes(struct rf_line *line, const char *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (line->used + 1 >= line->size) {
            line->full = true;
            break;
        }
        line->start[line->used++] = bytes[i];
    }
    line->start[line->used] = '\0';
}

void rf_line_text(struct rf_line *line, const char *text) {
    rf_line_bytes(line, text, rf_chars_length(text));
}

static void put_number(struct rf_line *line, uint64_t value, unsigned base) {
    char digits[24];
    size_t n = sizeof digits;
    do {
        digits[--n] = (char)('0' + (char)(value % base));
        value /= base;
    } while (value != 0);
    rf_line_bytes(line, digits + n, sizeof digits - n);
}

void rf_line_number(struct rf_line *line, uint64_t value) {
    put_number(line, value, 10);
}

void rf_line_octal(struct rf_line *line, uint32_t value) {
    rf_line_text(line, "0");
    put_number(line, value, 8);
}

void rf_line_signed(struct rf_line *line, int64_t value) {
    if (value < 0) rf_line_text(line, "-");
    put_number(line, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

void rf_line_json(struct rf_line *line, const char *text) {
    static const char hex[] = "0123456789abcdef";
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') rf_line_text(line, "\\");
        if (c >= 0x20 && c < 0x7f) {
            rf_line_bytes(line, text, 1);
        } else {
            /* A path may hold any byte; one above 0x7f is not known to be UTF-8, so it goes as Latin-1. */
            char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            rf_line_bytes(line, escape, sizeof escape);
        }
    }
}

const char *rf_line_decimal(struct rf_decimal *space, uint64_t value) {
    struct rf_line line = RF_LINE(space->text);
    rf_line_number(&line, value);
    return space->text;
}
