/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

static const unsigned char pairs[][2] = {
#include "word_pairs.def"
};

/* The table allows no more codes to wait than there is room for: pack_words.py sees to that. */
char rf_words_next(struct rf_words *words) {
    unsigned char c;
    if (words->count > 0) {
        c = words->waiting[--words->count];
    } else {
        c = (unsigned char)*words->at;
        if (c != '\0') words->at++;
    }
    for (; c >= 128; c = pairs[c - 128][0]) words->waiting[words->count++] = pairs[c - 128][1];
    return (char)c;
}
