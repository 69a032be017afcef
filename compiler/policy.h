/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy with typed values, each of which remembers where it was written.  The struct comes from keys.def.
 * The same struct holds a file as written, then (after merge.c) the policy with all its bases.
 */
#ifndef RF_POLICY_H
#define RF_POLICY_H

#include "diag.h"
#include "seccomp/seccomp.h"
#include "tree.h"

enum value_type {
    T_INT,       /* num; spec: lo..hi */
    T_SINT,      /* snum */
    T_BOOL,      /* num 0 or 1 */
    T_ENUM,      /* num: index in spec; text: the word */
    T_TEXT,      /* text; spec: name path line call */
    T_TEMPLATE,  /* text with at most one $(parameter): prefix, parameter, suffix; spec: path hostname */
    T_SIZE,      /* num: bytes; RF_UNLIMITED for max */
    T_COUNT,     /* num; RF_UNLIMITED for max */
    T_RATE,      /* num: bytes per second; RF_UNLIMITED for max */
    T_CPU,       /* num: microseconds of each 100 ms; RF_UNLIMITED for max */
    T_MODE,      /* num: permission bits; spec: most */
    T_LANGUAGE,  /* num */
    T_KERNEL,    /* num: RF_RELEASE */
    T_ACTION,    /* action; spec: what may be said */
    T_LIST,      /* items: text, in order; spec: kind of member */
    T_SET,       /* items by name, mode; spec: kind of member */
    T_MAP,       /* items: name -> text; gone: null was written */
    T_RLIMITS,   /* items: name -> low (soft), high (hard), num (RLIMIT_*) */
    T_NAMESPACE, /* num: enum namespace_kind; text: path joined; items of id maps and offsets */
    T_ERRNOS,    /* items: calls, each with num: errno; mode of each */
    T_RECORDS,   /* items: fields; spec: the record */
    T_NEVER      /* items: num enum never_kind, text what, other `is` */
};

enum merge_kind { M_SCALAR, M_SET, M_MAP, M_KEYED, M_SEALED, M_OWN };
enum key_flags { F_REQUIRED = 1, F_OPTIONAL = 2, F_SHORTHAND = 4, F_HIDDEN = 8, F_IS_KEY = 16 };

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

struct file;
struct value;

enum set_mode { MODE_PLAIN, MODE_EDIT, MODE_REPLACE };

enum never_kind { NEVER_CAPABILITY, NEVER_CALL, NEVER_KEY };
enum namespace_kind { NS_NEW, NS_HOST, NS_JOIN, NS_CUSTOM };

struct item {
    const char *name; /* member, map key or record key */
    struct span at;
    const struct file *origin;
    bool gone;      /* deleted: kept as a tombstone, so that another base cannot bring it back unseen */
    bool remove;    /* as written: stands under {remove: [...]} */
    bool group;     /* a call that came through a "@group" */
    uint32_t since; /* release at which that group line appears */
    const char *text, *other;
    uint64_t num, low, high;
    struct value *fields;     /* [FIELD_COUNT] */
    const struct value *is;   /* T_NEVER: the forbidden value of a key */
    const struct item *rival; /* merging: what another base says; see merge.c */
};

struct value {
    bool set;
    bool bad;        /* written, but refused: no follow-up error about its absence */
    uint32_t indent; /* T_TEXT: characters from `at` to the text, or RF_INEXACT */
    struct span at;
    const struct file *origin;
    const char *text, *parameter, *suffix;
    uint64_t num;
    int64_t snum, snum2;
    struct rf_action action;
    enum set_mode mode;
    struct item *items;
    size_t count;
    const struct value *rival;
};

struct policy {
    union {
        struct {
#define KEY(id, path, type, spec, preset, merge, flags, doc) struct value id;
#include "keys.def"
        };
        struct value all[KEY_COUNT];
    };
};

/* One policy file: what it says, what it extends, and the two together. */
struct file {
    const struct source *source;
    const char *directory; /* of the file, for relative bases; NULL for the presets */
    const char *real;      /* the same file however it was named */
    struct file **bases;
    size_t base_count;
    uint64_t ancestors; /* one bit per file that this one extends, directly or not: 1 << source->order */
    unsigned height;    /* levels of bases below this file */
    bool is_parsed;
    bool lacks_bases; /* one that it extends could not be read: what is not there may have been in it */
    struct policy own;
    struct policy merged;
    bool is_merged;
    bool is_preset; /* the language's defaults, not a file */
};

/* Whether a extends b, directly or not (or is b). */
bool rf_file_extends(const struct file *a, const struct file *b);

struct item *rf_item_find(const struct value *value, const char *name);

/* Everything one compile shares. */
struct compile_context {
    struct rf_arena *arena;
    struct diags *diags;
    const char *const *include; /* -I folders */
    size_t include_count;
    const char *installed; /* folder of installed policies, or NULL */
    struct file **files;   /* every file read, in order of reading */
    size_t file_count;
    struct file *presets; /* presets.c */
    struct value *preset_values;
};

/* bind.c: the tree of one file into file->own; reports everything wrong in it. */
void rf_bind(struct compile_context *c, struct file *file, const struct node *root);

#endif
