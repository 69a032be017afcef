/* SPDX-License-Identifier: Apache-2.0 */
/* The language's keys, as data: what keys.def says, in arrays. */
#ifndef RF_KEYS_H
#define RF_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum value_type {
    T_INT,         /* num; spec: lo..hi */
    T_SINT,        /* snum */
    T_BOOL,        /* num 0 or 1 */
    T_ENUM,        /* num: index in spec; text: the word */
    T_TEXT,        /* text; spec: name path line call */
    T_TEMPLATE,    /* text with at most one $(parameter): prefix, parameter, suffix; spec: path hostname cgroup */
    T_SIZE,        /* num: bytes; RF_UNLIMITED for max */
    T_COUNT,       /* num; RF_UNLIMITED for max */
    T_RATE,        /* num: bytes per second; RF_UNLIMITED for max */
    T_CPU,         /* num: microseconds of each 100 ms; RF_UNLIMITED for max */
    T_MODE,        /* num: permission bits; spec: most */
    T_DURATION,    /* num: milliseconds; RF_UNLIMITED for max; spec: lo..hi */
    T_NANOSECONDS, /* num; spec: lo..hi */
    T_GRADED,      /* num: index in spec; snum: the number in parentheses; text: as written */
    T_RANGES,      /* items in ascending order, apart: low, high; spec: lo..hi */
    T_LANGUAGE,    /* num */
    T_KERNEL,      /* num: RF_RELEASE */
    T_ACTION,      /* action; spec: what may be said */
    T_WRITABLE,    /* num 0, 1, or 2 with items[0]: fields of an overlay; spec: the record */
    T_LIST,        /* items: text, in order; spec: kind of member */
    T_SET,         /* items by name, mode; spec: kind of member */
    T_MAP,         /* items: name -> text; gone: null was written */
    T_RLIMITS,     /* items: name -> low (soft), high (hard), num (RLIMIT_*) */
    T_NAMESPACE,   /* num: enum namespace_kind; text: path joined; items of id maps and offsets */
    T_ERRNOS,      /* items: calls, each with num: errno; mode of each */
    T_COMPAT,      /* items: ABIs by name, num: enum rf_machine */
    T_RECORD,      /* items[0]: fields; spec: the record */
    T_RECORDS,     /* items: fields; spec: the record */
    T_NEVER        /* items: num enum never_kind, text what, other `is` */
};

enum merge_kind { M_SCALAR, M_SET, M_MAP, M_KEYED, M_SEALED, M_OWN };
enum key_flags { F_REQUIRED = 1, F_OPTIONAL = 2, F_SHORTHAND = 4, F_HIDDEN = 8, F_IS_KEY = 16, F_PARAMETER = 32 };

enum key_id {
#define KEY(id, path, type, spec, preset, merge, flags, doc) K_##id,
#include "keys.def"
    KEY_COUNT
};
enum field_id {
#define FIELD(record, id, name, type, spec, preset, flags, doc) FIELD_##record##_##id,
#include "keys.def"
    FIELD_COUNT
};

struct key_info {
    const char *record; /* fields only */
    const char *id;
    const char *path; /* fields: the name alone */
    enum value_type type;
    const char *spec;
    const char *preset;
    enum merge_kind merge;
    unsigned flags;
    const char *doc;
};
extern const struct key_info rf_keys[KEY_COUNT];
extern const struct key_info rf_fields[FIELD_COUNT];

/* The key with exactly this full path, hidden ones too; NULL if none. */
const struct key_info *rf_keys_find(const char *path);

/* The key with this full path, or the set of which it names a member (process.pass_env.TZ); NULL if none. */
const struct key_info *rf_keys_member(const char *path);

/* The key with exactly this path; a section that may be written as one word (network, seccomp) is its mode. */
const struct key_info *rf_keys_value(const char *path);

/* Whether LATER has this path: then the key is refused as not supported by this version. */
bool rf_keys_is_later(const char *path);

/* Whether keys stand below this path, which is none itself. */
bool rf_keys_is_section(const char *path);

/* A word that the language has as a value of a key, and that this version refuses. */
struct later_word {
    const char *path, *word;
};
/* The i-th of them, or NULL past the end. */
const struct later_word *rf_keys_later_word(size_t i);

#endif
