/* SPDX-License-Identifier: Apache-2.0 */
#include "line.h"

void rf_line_bytes(struct rf_line *line, const char *bytes, size_t count) {
    for (; count > 0 && !rf_line_full(line); count--) line->start[line->used++] = *bytes++;
    line->start[line->used - rf_line_full(line)] = '\0';
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

void rf_line_packed(struct rf_line *line, const char *packed) {
    struct rf_words words = {.at = packed};
    for (char c; (c = rf_words_next(&words)) != '\0';) rf_line_bytes(line, &c, 1);
}

void rf_line_arguments(struct rf_line *line, const char *packed, va_list arguments, bool trim) {
    struct rf_words format = {.at = packed};
    for (char c; (c = rf_words_next(&format)) != '\0';) {
        if (c != '%') {
            rf_line_bytes(line, &c, 1);
            continue;
        }
        c = rf_words_next(&format);
        bool wide = c == 'l';
        if (wide) c = rf_words_next(&format);
        if (c == 's') {
            const char *text = va_arg(arguments, const char *);
            size_t length = rf_chars_length(text);
            if (trim && length > 0 && text[length - 1] == '\n') length--;
            rf_line_bytes(line, text, length);
            continue;
        }
        uint64_t value = wide ? va_arg(arguments, uint64_t) : va_arg(arguments, uint32_t);
        if (c == 'd') {
            int64_t number = wide ? (int64_t)value : (int32_t)value;
            if (number < 0) rf_line_bytes(line, "-", 1);
            value = number < 0 ? -(uint64_t)number : (uint64_t)number;
        }
        if (c == 'o') rf_line_bytes(line, "0", 1);
        put_number(line, value, c == 'o' ? 8 : 10);
    }
}

void rf_line_format_packed(struct rf_line *line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    rf_line_arguments(line, format, arguments, false);
    va_end(arguments);
}

bool rf_line_print_packed(char *buffer, size_t size, const char *format, ...) {
    struct rf_line line = {buffer, (uint32_t)size, 0};
    va_list arguments;
    va_start(arguments, format);
    rf_line_arguments(&line, format, arguments, false);
    va_end(arguments);
    return !rf_line_full(&line);
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
