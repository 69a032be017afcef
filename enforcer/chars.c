/* SPDX-License-Identifier: Apache-2.0 */
#include "chars.h"

size_t rf_chars_length(const char *text) {
    size_t n = 0;
    while (text[n] != '\0') n++;
    return n;
}

bool rf_chars_equal(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) a++, b++;
    return *a == *b;
}

const char *rf_chars_after(const char *text, const char *prefix) {
    while (*prefix != '\0')
        if (*text++ != *prefix++) return NULL;
    return text;
}

const char *rf_chars_find(const char *text, char byte) {
    for (; *text != '\0'; text++)
        if (*text == byte) return text;
    return NULL;
}

const char *rf_chars_next(const char *text, char byte) {
    const char *found = rf_chars_find(text, byte);
    return found ? found + 1 : NULL;
}

bool rf_chars_below(const char *path, const char *top) {
    const char *rest = rf_chars_after(path, top);
    return rest && (*rest == '/' || *rest == '\0');
}

const char *rf_chars_nth(const char *texts, uint32_t number) {
    for (; number > 0 && *texts != '\0'; number--) texts += rf_chars_length(texts) + 1;
    return texts;
}
