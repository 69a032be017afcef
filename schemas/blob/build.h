/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a blob.  The caller fills records whose strings refer to its own scratch pool
 * (rf_pool_add); rf_build() lays the sections out, re-encodes the strings in canonical order and
 * computes lengths, checksums and identity.  No heap, no I/O; compiler and tests only.
 */
#ifndef RF_BLOB_BUILD_H
#define RF_BLOB_BUILD_H

#include "view.h"

struct rf_pool { /* zero, or continued */
    uint32_t used;
    char bytes[RF_BLOB_MAX];
};

/* Adds a string (no NUL inside) and returns its reference; an absent one when the pool is full
 * (rf_build then reports RF_BLOB_E_TOO_LONG because .used stays at the limit). */
struct rf_str rf_pool_add(struct rf_pool *pool, const char *text, size_t length);

#define RF_STR_ABSENT  ((struct rf_str){RF_NONE, 0})
#define RF_TEXT_ABSENT ((struct rf_text){RF_STR_ABSENT, RF_STR_ABSENT, RF_NONE, 0})

struct rf_plan { /* all kernel numbers; what lowering produces */
    uint64_t required;
    uint32_t language, kernel;
    const void *records[RF_SECTION_END]; /* STRINGS is not filled here */
    uint32_t count[RF_SECTION_END];
    const struct rf_pool *pool;          /* what the rf_str of records refer to */
    const struct rf_map_file *map_files; /* names in pool too; entries in any order */
    const struct rf_map_entry *map_entries;
    uint32_t map_file_count, map_entry_count; /* both 0: no source map */
    uint32_t map_name_base; /* added to the offsets of the files' names: 0, but for rf_build_plan_of() */
};

/*
 * Writes the blob into out[0..capacity), 8-byte aligned; *length gets its size.  Deterministic: no
 * input but the plan.  `sha256` computes the identity (the compiler's library; digest of 32 bytes).
 * Returns what rf_view_open() and rf_view_map_open() say of the result, so an unacceptable plan is never
 * RF_BLOB_OK; TOO_LONG if it does not fit.  An empty prefix or suffix beside a parameter, and an empty suffix,
 * is written as absent.  `capacity` never needs to be more than RF_BLOB_MAX.
 */
enum rf_blob_error rf_build(const struct rf_plan *plan, void *out, size_t capacity, size_t *length,
                            void (*sha256)(const void *bytes, size_t n, uint8_t digest[32]));

/* Rebuilds a plan from a view (records point into the blob, which must outlive the plan; strings are copied to
 * `pool`): rf_build() of it gives the same bytes.  Fails only for a bad source map.  For tests and the
 * compiler's self-check. */
enum rf_blob_error rf_build_plan_of(const struct rf_view *view, struct rf_plan *plan, struct rf_pool *pool);

#endif
