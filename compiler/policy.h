/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy with typed values, each of which remembers where it was written.  The struct comes from keys.def.
 * The same struct holds a file as written, then (after merge.c) the policy with all its bases.
 */
#ifndef RF_POLICY_H
#define RF_POLICY_H

#include "diag.h"
#include "keys.h"
#include "seccomp/seccomp.h"
#include "tree.h"

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
    const char *parameter, *suffix; /* of text: as in struct value */
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

/* The i-th list of calls that get an action outright, whatever its key; false past the last. */
struct action_list {
    const char *key; /* "seccomp.allow" */
    const struct value *calls;
    struct rf_action action;
};
bool rf_policy_list(const struct policy *policy, size_t i, struct action_list *list);

/* The ABIs that the policy's filters judge: its machines and what `compat` adds to them. Returns how many. */
size_t rf_policy_abis(const struct policy *policy, enum rf_machine abis[RF_ABIS]);

struct item *rf_item_find(const struct value *value, const char *name);

/* Everything one compile shares. */
struct compile_context {
    struct rf_arena *arena;
    struct diags *diags;
    const char *const *include; /* -I folders */
    size_t include_count;
    const uint32_t *hot;   /* hot.c: how often each call is made, or NULL */
    const char *installed; /* folder of installed policies, or NULL */
    struct file **files;   /* every file read, in order of reading */
    size_t file_count;
    struct file *presets; /* presets.c */
    struct value *preset_values;
};

/* bind.c: the tree of one file into file->own; reports everything wrong in it. */
void rf_bind(struct compile_context *c, struct file *file, const struct node *root);

#endif
