/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages, packed.  RF_WORDS("...") is a string that only rf_words_next() can read: the build writes pairs of characters
 * as one byte (pack_words.py), which halves a third of the enforcer.  Not for what is compared or given to the kernel.
 */
#ifndef RF_WORDS_H
#define RF_WORDS_H

/* clang does not look into a statement for the format, and so takes one without arguments for one from outside.  gcc does
 * look, and checks them all. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wformat-security"
#endif

#define RF_PACKED __attribute__((section(".words")))
/* A pointer to the packed string; the compiler still sees the format in it. */
#define RF_WORDS(text)                                                                                                 \
    (__extension__({                                                                                                   \
        static const char packed_words[] RF_PACKED = text;                                                             \
        packed_words;                                                                                                  \
    }))

#define RF_WORDS_DEPTH 16

/* Where a reader is.  Starts as {.at = string}. */
struct rf_words {
    const char *at;
    unsigned char waiting[RF_WORDS_DEPTH];
    unsigned count;
};

/* The next character; '\0' at the end, again and again. */
char rf_words_next(struct rf_words *words);

#endif
