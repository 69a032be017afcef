/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the blob library share among themselves; nobody else includes this.
 *
 * The reader (layout.c, crc.c, text.c, view.c, rules.c, check.c, map.c) is freestanding: it calls nothing
 * but memcmp, memcpy and memset, and its tables are plain numbers, so that they need no relocation.
 */
#ifndef RF_BLOB_READER_H
#define RF_BLOB_READER_H

#include <stdbool.h>

#include "view.h"

/* The kinds of sections.def. */
enum rf_kind {
    RF_KIND_STR,
    RF_KIND_STR_OPT,
    RF_KIND_TEXT,
    RF_KIND_TEXT_OPT,
    RF_KIND_PATH,
    RF_KIND_NAME,
    RF_KIND_PARAM_TEXT,
    RF_KIND_U32,
    RF_KIND_FLAGS,
    RF_KIND_ENUM1,
    RF_KIND_I32,
    RF_KIND_U64,
    RF_KIND_I64,
    RF_KIND_ZERO,
};

struct rf_field {
    uint16_t offset; /* in the record */
    uint16_t kind;   /* enum rf_kind */
    uint32_t most;
};

struct rf_layout {
    uint16_t size;  /* of a record */
    uint16_t first; /* of its fields in rf_layout_fields; they end where the next section's begin */
    uint32_t fewest, most;
};

extern const struct rf_field rf_layout_fields[];
extern const struct rf_layout rf_layout_sections[RF_SECTION_END + 1];

static inline uint32_t rf_layout_align(uint32_t n) {
    return (n + (RF_BLOB_ALIGN - 1)) & ~(uint32_t)(RF_BLOB_ALIGN - 1);
}

/* A field is read by copying: its bytes come from a file and have no type of their own. */
static inline uint32_t rf_layout_u32(const void *at) {
    uint32_t value;
    __builtin_memcpy(&value, at, sizeof value);
    return value;
}

static inline struct rf_str rf_layout_str(const void *at) {
    struct rf_str value;
    __builtin_memcpy(&value, at, sizeof value);
    return value;
}

static inline struct rf_text rf_layout_text(const void *at) {
    struct rf_text value;
    __builtin_memcpy(&value, at, sizeof value);
    return value;
}

static inline bool rf_text_absent(struct rf_str s) {
    return s.offset == RF_NONE;
}

/* Strings met so far, as a set of hashes: a clear bit proves a string new, without a search. */
struct rf_seen {
    uint64_t bits[512];
};

/* Whether the string stands in pool[0..used), a run of NUL-terminated strings; *at gets where (if not NULL).
 * Remembers it as seen, so `used` must cover it at the next call. */
bool rf_text_find(struct rf_seen *seen, const char *pool, uint32_t used, const char *text, uint32_t length,
                  uint32_t *at);

/* Absolute, no empty, "." or ".." component, no trailing slash; "/" itself is one. */
bool rf_text_is_path(const char *text, uint32_t length);

/* Not empty, no '/', neither "." nor "..". */
bool rf_text_is_name(const char *text, uint32_t length);

/* Whether every allowed value of its parameter makes this text a path; without one, whether it is a path.
 * A PATH parameter may be followed by a path below it, never preceded. */
bool rf_text_gives_path(const struct rf_view *v, const struct rf_text *text);

/* The rules between records, on a view whose every field and string has been checked. */
enum rf_blob_error rf_rules_check(const struct rf_view *v);

#endif
