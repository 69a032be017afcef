/* SPDX-License-Identifier: Apache-2.0 */
/* How the dumper puts values into words: private to dump.c and dump_records.c. */
#ifndef RF_BLOB_WORDS_H
#define RF_BLOB_WORDS_H

#include "reader.h"

/* One line.  The longest has five strings of a record, every byte of them escaped in four characters. */
struct rf_words {
    size_t used;
    char text[5 * 4 * (RF_STRING_MAX + 1) + 1024];
};

void rf_words_say(struct rf_words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Only printable ASCII leaves: a terminal obeys other bytes. */
void rf_words_bytes(struct rf_words *w, const char *text, uint32_t length);

/* A string that is there, in quotes; the second one only where its end would not be seen otherwise. */
void rf_words_quoted(struct rf_words *w, const struct rf_view *v, struct rf_str s);
void rf_words_word(struct rf_words *w, const struct rf_view *v, struct rf_str s);

/* The string of a record, or what FILLS has in its place, in quotes. */
void rf_words_filled(struct rf_words *w, const struct rf_view *v, enum rf_section_type section, uint32_t i,
                     struct rf_str own);

/* In quotes, with the parameter as $(name). */
void rf_words_text(struct rf_words *w, const struct rf_view *v, const struct rf_text *t);

struct rf_unit {
    uint64_t value;
    const char *name;
};
extern const struct rf_unit rf_words_sizes[]; /* of bytes; the last one is 1 */
extern const struct rf_unit rf_words_rates[]; /* of bytes per second */
extern const struct rf_unit rf_words_times[]; /* of milliseconds */

/* In the first unit that gives a whole number. */
void rf_words_size(struct rf_words *w, uint64_t n, const struct rf_unit *units);

struct rf_bit {
    uint64_t mask;
    const char *name;
};
extern const struct rf_bit rf_words_namespaces[8]; /* CLONE_NEW* */

/* The names of the bits that are set, or "none". */
void rf_words_bits(struct rf_words *w, uint64_t value, const struct rf_bit *bits, size_t count);
#define SAY_BITS(w, value, bits) rf_words_bits(w, value, bits, sizeof(bits) / sizeof(bits)[0])

/* Says record i of a section of many records; NULL for the others. */
extern void (*const rf_dump_records[RF_SECTION_END])(struct rf_words *w, const struct rf_view *v, uint32_t i);

/* dump_tuning.c: the same for its sections. */
void rf_words_tuning(struct rf_words *w, const struct rf_view *v, uint32_t i);
void rf_words_cpus(struct rf_words *w, const struct rf_view *v, uint32_t i);
void rf_words_nodes(struct rf_words *w, const struct rf_view *v, uint32_t i);
void rf_words_domainname(struct rf_words *w, const struct rf_view *v, uint32_t i);
void rf_words_sysctl(struct rf_words *w, const struct rf_view *v, uint32_t i);

#endif
