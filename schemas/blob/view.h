/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a blob: verify once, then accessors that cannot fail.
 * No heap, no stdio, no libc beyond memcmp, memcpy and memset: this is the enforcer's reader and the compiler's.
 *
 * Life cycle: rf_view_open() on a buffer that outlives the view; then rf_view_count(), the record
 * accessors and rf_view_string().  rf_view_map_open() only to name a policy line or to inspect.
 */
#ifndef RF_BLOB_VIEW_H
#define RF_BLOB_VIEW_H

#include <stdbool.h>

#include "format.h"

/* X(identifier, text): RF_BLOB_E_identifier: the text completes "blob refused: ". */
#define RF_BLOB_ERRORS(X)                                                                                              \
    X(NONE, "no error")                                                                                                \
    X(TOO_SHORT, "too short to be a compiled policy")                                                                  \
    X(TOO_LONG, "longer than 256 KiB")                                                                                 \
    X(MAGIC, "not a compiled policy (wrong magic)")                                                                    \
    X(TEXT_MODE, "line ends were converted: copy it in binary mode")                                                   \
    X(YAML, "this is YAML, not a compiled policy: compile it first")                                                   \
    X(VERSION, "made by a newer ringfence: its format is not known here")                                              \
    X(REQUIRED, "needs a feature that this enforcer does not have")                                                    \
    X(LENGTH, "its length is not what its header says (truncated or extended)")                                        \
    X(CHECKSUM, "damaged (checksum does not match)")                                                                   \
    X(TABLE, "bad section table")                                                                                      \
    X(SECTION, "unknown, repeated or missing section")                                                                 \
    X(PADDING, "padding is not zero")                                                                                  \
    X(RECORD, "bad record count or size")                                                                              \
    X(STRING, "bad string reference")                                                                                  \
    X(FIELD, "a field is out of range")                                                                                \
    X(RULE, "its records are out of order or contradict each other")                                                   \
    X(FILTER, "its seccomp filter is not acceptable")                                                                  \
    X(MAP, "bad source map")

enum rf_blob_error {
#define RF_X(id, text) RF_BLOB_E_##id,
    RF_BLOB_ERRORS(RF_X)
#undef RF_X
        RF_BLOB_OK = RF_BLOB_E_NONE
};

/* The text of an error; never NULL. */
const char *rf_blob_error_text(enum rf_blob_error error);

struct rf_view {
    const uint8_t *base;
    uint32_t length; /* of the launch part */
    uint32_t total;  /* source map included */
    const struct rf_header *header;
    const void *records[RF_SECTION_END];
    uint32_t count[RF_SECTION_END];
};

/*
 * Verifies the launch part of the file at `bytes` (8-byte aligned, `length` bytes, all of the file)
 * completely: after RF_BLOB_OK no accessor can read outside it.  The source map's checksum is not
 * read.  *view is untouched on failure.
 */
enum rf_blob_error rf_view_open(struct rf_view *view, const void *bytes, size_t length);

/* Checks one filter as strictly as a launch does: allowed opcodes only (LD|W|ABS of seccomp_data
 * words but not instruction_pointer, JMP JA/JEQ/JGT/JGE/JSET with K, ALU|AND|K, RET|K), aligned in-range
 * loads, jt = jf = 0 on non-jumps, forward targets inside, no unreachable code, the first instruction
 * loads arch, the second compares it with `audit_arch`, no path loads or masks anything before arch matched that or, on
 * x86_64 and aarch64, the machine's 32-bit one (i386, arm),
 * only KILL_PROCESS, ERRNO (1..4095), USER_NOTIF, LOG, ALLOW returned, and only KILL_PROCESS where arch did not match.
 * `count` 2..RF_FILTER_MAX. */
enum rf_blob_error rf_view_check_filter(const struct rf_insn *insns, uint32_t count, uint32_t audit_arch);

static inline uint32_t rf_view_count(const struct rf_view *v, enum rf_section_type type) {
    return v->count[type];
}

/* The NUL-terminated bytes of a string of this blob, or NULL for an absent one. */
const char *rf_view_string(const struct rf_view *v, struct rf_str s);

/* Whether a parameter takes this value (NUL-terminated, `length` bytes): its default when a blob is opened, the one given
 * at launch.  Of a PATH with `under`: it is that directory or begins with it and a slash. */
bool rf_view_value_ok(const struct rf_view *v, const struct rf_parameter *parameter, const char *value, size_t length);

/* Whether `under` (NUL-terminated; NULL: absent) can bound a parameter of this type. */
bool rf_value_bound_ok(enum rf_param_type type, const char *under, uint32_t length);

/* The bound of a NUMBER, "LEAST..MOST"; false if it is none. */
bool rf_value_range(const char *under, uint64_t *least, uint64_t *most);

/* Whether a value (NUL-terminated) has the form of its type and lies within `under`, a bound of that type (NULL: none, of a
 * NUMBER never).  NAME and PATH: of any length. */
bool rf_value_ok(enum rf_param_type type, const char *value, const char *under);

/* Reads a decimal number at *at and moves *at behind it.  One spelling of each only: no sign, no space, no leading zero.
 * False, *at and *number untouched: none stands there, or it does not fit. */
bool rf_value_number(const char **at, uint64_t *number);

/* The FILLS record of this record, or NULL. */
const struct rf_fill *rf_view_fill(const struct rf_view *v, enum rf_section_type section, uint32_t index);

/* Record i (< count) of a section, typed: RF_RECORD(v, MOUNTS, struct rf_mount, i). */
#define RF_RECORD(v, type, record, i) (&((const record *)(v)->records[RF_##type])[i])

struct rf_map {
    const struct rf_map_file *files;
    const struct rf_map_entry *entries;
    const char *strings;
    uint32_t file_count, entry_count, string_bytes;
};

/* Verifies and opens the source map.  RF_BLOB_OK with file_count 0 if it was stripped. */
enum rf_blob_error rf_view_map_open(const struct rf_view *v, struct rf_map *map);

/* First entry for (section, index), that of the strictest action; or NULL.  The others stand behind it. */
const struct rf_map_entry *rf_map_find(const struct rf_map *map, uint32_t section, uint32_t index);

/* File name of an entry; never NULL for an entry of this map. */
const char *rf_map_file_name(const struct rf_map *map, const struct rf_map_entry *entry);

/* CRC-32C (Castagnoli, reflected, as in RFC 3720) of `length` bytes, continuing from `crc` (0 at first). */
uint32_t rf_crc32c(uint32_t crc, const void *bytes, size_t length);

#endif
