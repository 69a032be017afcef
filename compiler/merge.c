/* SPDX-License-Identifier: Apache-2.0 */
#include "merge.h"
#include "presets.h"

#include <string.h>

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_fields(const struct item *a, const struct item *b) {
    if (!a->fields || !b->fields) return a->fields == b->fields;
    for (size_t f = 0; f < FIELD_COUNT; f++) {
        if (a->fields[f].set != b->fields[f].set) return false;
        if (a->fields[f].set && !rf_merge_same(&rf_fields[f], &a->fields[f], &b->fields[f])) return false;
    }
    return true;
}

/* Members of maps and keyed lists (not of sets, whose members are their names). */
static bool same_item(const struct item *a, const struct item *b) {
    if (a->gone || b->gone) return a->gone == b->gone;
    return same_text(a->text, b->text) && same_text(a->parameter, b->parameter) && same_text(a->suffix, b->suffix) &&
           a->num == b->num && a->low == b->low && a->high == b->high && same_fields(a, b);
}

bool rf_merge_same(const struct key_info *key, const struct value *a, const struct value *b) {
    if (a->num != b->num || a->snum != b->snum || a->snum2 != b->snum2 || a->count != b->count) return false;
    if (!same_text(a->text, b->text) || !same_text(a->parameter, b->parameter) || !same_text(a->suffix, b->suffix))
        return false;
    if (key->type == T_ACTION && (a->action.kind != b->action.kind || a->action.error != b->action.error)) return false;
    for (size_t i = 0; i < a->count; i++) /* lists and id maps: in order */
        if (!same_text(a->items[i].name, b->items[i].name) || !same_item(&a->items[i], &b->items[i])) return false;
    return true;
}

size_t rf_merge_count(const struct value *value) {
    size_t n = 0;
    for (size_t i = 0; i < value->count; i++) n += !value->items[i].gone;
    return n;
}

static struct item *append(struct compile_context *c, struct value *value, const struct item *item) {
    RF_PUSH(c->arena, value->items, value->count, *item);
    return &value->items[value->count - 1];
}

/* ---- what the bases say together ---- */

#define BASES_MAX  64u   /* as many as files: bases.c */
#define MERGED_MAX 2048u /* entries of one key, deleted ones included */

/* Whether `theirs` has the last word over `ours`: it extends it, or ours is only the language's default. The winner
 * must not depend on the order of `extends`, so every base is compared with every other. */
static bool overrules(const struct file *theirs, const struct file *ours) {
    if (ours->is_preset || theirs->is_preset) return ours->is_preset && !theirs->is_preset;
    return ours != theirs && rf_file_extends(theirs, ours);
}

static bool is_overruled(const struct value *const *from, size_t n, size_t which) {
    for (size_t i = 0; i < n; i++)
        if (overrules(from[i]->origin, from[which]->origin)) return true;
    return false;
}

static void unite_scalars(const struct key_info *key, struct value *into, const struct value *const *from, size_t n) {
    size_t best = 0;
    while (best + 1 < n && is_overruled(from, n, best)) best++; /* who extends most is overruled by nobody */
    *into = *from[best];
    into->rival = NULL;
    for (size_t i = best + 1; i < n && !into->rival; i++)
        if (!is_overruled(from, n, i) && !rf_merge_same(key, from[best], from[i])) into->rival = from[i];
}

/* One member of a set: there, unless every base that has the word deleted it. */
static struct item unite_member(const struct item *const *from, size_t n) {
    struct item all = *from[0];
    for (size_t i = 1; i < n; i++) {
        if (all.gone && !from[i]->gone) all = *from[i];
        if (from[i]->gone || !all.group) continue;
        if (!from[i]->group || from[i]->since < all.since) all.group = from[i]->group, all.since = from[i]->since;
    }
    return all;
}

/* One entry of a map or keyed list: the bases that have the word must agree, or the file decides. */
static struct item unite_entry(const struct item *const *from, size_t n) {
    struct item all = *from[0];
    for (size_t i = 1; i < n && !all.rival; i++)
        if (!same_item(&all, from[i])) all.rival = from[i];
    return all;
}

static void unite_items(struct compile_context *c, const struct key_info *key, struct value *into,
                        const struct value *const *from, size_t n);

/* `first` is the first base's entry of that name. */
static struct item unite_named(struct compile_context *c, const struct key_info *key, const struct item *first,
                               const struct value *const *from, size_t n) {
    const struct item *said[BASES_MAX] = {first}, *last[BASES_MAX] = {first};
    const struct value *inner[BASES_MAX] = {NULL};
    size_t said_count = 1, last_count = 0;
    for (size_t i = 0; i < n; i++) {
        const struct item *item = rf_item_find(from[i], first->name);
        if (item && item != first) said[said_count++] = item;
    }
    if (key->type == T_ERRNOS) {
        struct item all = *first;
        for (size_t i = 0; i < said_count; i++) inner[i] = said[i]->fields;
        all.fields = RF_NEW(c->arena, struct value);
        unite_items(c, &rf_keys[K_seccomp_allow], all.fields, inner, said_count);
        return all;
    }
    for (size_t i = 0; i < said_count; i++) {
        bool overruled = false;
        for (size_t k = 0; k < said_count; k++) overruled = overruled || overrules(said[k]->origin, said[i]->origin);
        if (!overruled) last[last_count++] = said[i];
    }
    return key->merge == M_SET || key->merge == M_SEALED ? unite_member(last, last_count)
                                                         : unite_entry(last, last_count);
}

static void unite_items(struct compile_context *c, const struct key_info *key, struct value *into,
                        const struct value *const *from, size_t n) {
    const struct value *place = from[0]; /* what to show for the whole: a base that adds something */
    for (size_t i = n; i-- > 0;)
        if (rf_merge_count(from[i])) place = from[i];
    *into = *place; // cppcheck-suppress uninitvar ; from[] is filled up to n, which the caller saw to be at least 1
    into->items = NULL;
    into->count = 0;
    into->mode = MODE_PLAIN;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < from[i]->count; k++) {
            if (rf_item_find(into, from[i]->items[k].name)) continue;
            if (into->count == MERGED_MAX) {
                rf_diag(c->diags, D_TOO_MANY, from[i]->at, "more than %u entries of '%s' with those of the other bases",
                        MERGED_MAX, key->path);
                return;
            }
            struct item all = unite_named(c, key, &from[i]->items[k], from, n);
            append(c, into, &all);
        }
}

static void unite(struct compile_context *c, const struct key_info *key, struct value *into, const struct file *file) {
    const struct value *from[BASES_MAX] = {NULL};
    size_t n = 0;
    for (size_t b = 0; b < file->base_count && n < BASES_MAX; b++) {
        const struct value *v = &file->bases[b]->merged.all[key - rf_keys];
        bool again = false; /* one base by two names */
        for (size_t k = 0; k < b; k++) again = again || file->bases[k] == file->bases[b];
        if (v->set && !again) from[n++] = v;
    }
    if (!n || key->merge == M_OWN) return;
    if (key->merge == M_SCALAR)
        unite_scalars(key, into, from, n);
    else
        unite_items(c, key, into, from, n);
}

/* ---- the file's own keys over what it inherits ---- */

static void plain_over_inherited(struct compile_context *c, const char *path, const struct value *own,
                                 const struct value *into) {
    const struct item *first = NULL;
    for (size_t i = 0; i < into->count && !first; i++)
        if (!into->items[i].gone) first = &into->items[i];
    size_t n = rf_merge_count(into);
    struct diag *d = rf_diag(c->diags, D_PLAIN_OVER_INHERITED, own->at, "a plain list, but %s inherits %zu %s", path, n,
                             n == 1 ? "entry" : "entries");
    if (first && first->at.source) rf_diag_other(c->diags, d, first->at, "inherited from here");
    rf_diag_help(c->diags, d, "write {add: [...]}, {remove: [...]} or {replace: [...]}");
}

static void remove_member(struct compile_context *c, struct value *into, const struct item *item, bool *group_hit) {
    struct item *old = rf_item_find(into, item->name);
    if (old && !old->gone) {
        old->gone = true;
        old->origin = item->origin;
        old->at = item->at;
        *group_hit = true;
        return;
    }
    if (item->group) return; /* a whole group: what of it is there goes */
    struct guess guess;
    rf_guess_init(&guess, item->name, strlen(item->name));
    for (size_t i = 0; i < into->count; i++)
        if (!into->items[i].gone) rf_guess_try(&guess, into->items[i].name);
    struct diag *d =
        rf_diag(c->diags, D_REMOVE_ABSENT, item->at, "'%s' cannot be removed: it is not there", item->name);
    if (guess.best) rf_diag_label(c->diags, d, "did you mean '%s'?", guess.best);
}

static void add_members(struct compile_context *c, struct value *into, const struct value *own) {
    for (size_t i = 0; i < own->count; i++) {
        const struct item *item = &own->items[i];
        if (item->remove) continue;
        struct item *old = rf_item_find(into, item->name);
        if (!old) {
            append(c, into, item);
        } else if (old->gone || !item->group) {
            *old = *item;
        } else {
            if (old->group && item->since < old->since) old->since = item->since;
            old->origin = item->origin; /* said again: a sibling that deletes it does not overrule this file */
        }
    }
}

static bool is_added_by_name(const struct value *own, const char *name) {
    for (size_t i = 0; i < own->count; i++)
        if (!own->items[i].remove && !own->items[i].group && strcmp(own->items[i].name, name) == 0) return true;
    return false;
}

/* After what is added, so that {add: ["@group"], remove: [member]} is the group without that member. A name is
 * stronger than a group: {add: [member], remove: ["@group"]} keeps it. */
static void remove_members(struct compile_context *c, struct value *into, const struct value *own) {
    static const char nothing[] = "no call of this group is there to be removed";
    struct span group_at = {0};
    bool group_hit = true;
    for (size_t i = 0; i < own->count; i++) {
        const struct item *item = &own->items[i];
        if (!item->remove) continue;
        if (item->group && (item->at.line != group_at.line || item->at.column != group_at.column)) {
            if (!group_hit) rf_diag(c->diags, D_REMOVE_ABSENT, group_at, nothing);
            group_at = item->at;
            group_hit = false;
        }
        bool hit = item->group && is_added_by_name(own, item->name);
        if (!hit) remove_member(c, into, item, &hit);
        group_hit = group_hit || hit;
    }
    if (!group_hit) rf_diag(c->diags, D_REMOVE_ABSENT, group_at, nothing);
}

static void delete_all(struct value *into, const struct file *origin) {
    for (size_t i = 0; i < into->count; i++) into->items[i].gone = true, into->items[i].origin = origin;
}

static void apply_set(struct compile_context *c, const char *path, struct value *into, const struct value *own) {
    if (own->mode == MODE_PLAIN && rf_merge_count(into)) {
        plain_over_inherited(c, path, own, into);
        return;
    }
    if (own->mode == MODE_REPLACE) delete_all(into, own->origin);
    add_members(c, into, own);
    remove_members(c, into, own);
    into->mode = MODE_PLAIN;
    into->at = own->at;
    into->origin = own->origin;
}

/* null deletes each call of the list, not the list: so that it stays deleted beside another base that has it. */
static void apply_errnos(struct compile_context *c, struct value *into, const struct value *own) {
    for (size_t i = 0; i < own->count; i++) {
        const struct item *item = &own->items[i];
        struct item *old = rf_item_find(into, item->name);
        if (item->gone && (!old || !rf_merge_count(old->fields)))
            rf_diag(c->diags, D_REMOVE_ABSENT, item->at, "'%s' cannot be deleted: it is not inherited", item->name);
        if (item->gone) {
            if (old) delete_all(old->fields, item->origin);
            continue;
        }
        if (!old) {
            old = append(c, into, item);
            old->fields = RF_NEW(c->arena, struct value);
            *old->fields = (struct value){.set = true, .at = item->at, .origin = item->origin};
        }
        apply_set(c, rf_arena_printf(c->arena, "seccomp.errno.%s", item->name), old->fields, item->fields);
    }
}

/* Maps and keyed lists: an entry replaces the inherited one of its key; null deletes it. */
static void apply_entries(struct compile_context *c, struct value *into, const struct value *own) {
    for (size_t i = 0; i < own->count; i++) {
        const struct item *item = &own->items[i];
        struct item *old = rf_item_find(into, item->name);
        if (item->gone && (!old || old->gone))
            rf_diag(c->diags, D_REMOVE_ABSENT, item->at, "'%s' cannot be deleted: it is not inherited", item->name);
        if (old)
            *old = *item;
        else
            append(c, into, item);
    }
}

/* The preset is what a policy inherits when nobody says anything: an edit, or an entry of a map, goes on top of
 * it; a plain list stands for itself. */
static void start_from_preset(struct compile_context *c, const struct key_info *key, struct value *into,
                              const struct value *own) {
    *into = (struct value){.set = true, .at = own->at, .origin = own->origin};
    const struct value *preset = rf_preset(c, (enum key_id)(key - rf_keys));
    bool edits = key->merge == M_MAP || (key->merge == M_SET && own->mode == MODE_EDIT);
    for (size_t i = 0; preset && edits && i < preset->count; i++) append(c, into, &preset->items[i]);
}

static void apply(struct compile_context *c, const struct key_info *key, struct value *into, const struct value *own) {
    if (!own->set) return;
    bool first = !into->set;
    if (key->merge == M_SCALAR || key->merge == M_OWN) {
        *into = *own;
        return;
    }
    if (first) start_from_preset(c, key, into, own);
    if (key->type == T_ERRNOS) {
        apply_errnos(c, into, own);
    } else if (key->merge == M_SET) {
        apply_set(c, key->path, into, own);
    } else if (key->merge == M_SEALED) {
        if (own->mode != MODE_PLAIN)
            rf_diag(c->diags, D_PLAIN_OVER_INHERITED, own->at,
                    "'%s' is sealed: write a plain list, which adds to what is inherited", key->path);
        for (size_t i = 0; i < own->count; i++)
            if (!rf_item_find(into, own->items[i].name)) append(c, into, &own->items[i]);
    } else {
        apply_entries(c, into, own);
    }
}

/* ---- what two bases left open and this file did not decide ---- */

static void disagree(struct compile_context *c, const char *what, struct span ours, struct span theirs) {
    struct diag *d = rf_diag(c->diags, D_BASES_DISAGREE, theirs, "two bases disagree about '%s'", what);
    rf_diag_other(c->diags, d, ours, "the other base says this");
    rf_diag_help(c->diags, d, "neither extends the other: write '%s' in the policy that extends both", what);
}

static void check_rivals(struct compile_context *c, const struct key_info *key, struct value *v) {
    if (v->rival) disagree(c, key->path, v->at, v->rival->at);
    v->rival = NULL;
    for (size_t i = 0; i < v->count; i++) {
        if (v->items[i].rival)
            disagree(c, rf_arena_printf(c->arena, "%s %s", key->path, v->items[i].name), v->items[i].at,
                     v->items[i].rival->at);
        v->items[i].rival = NULL;
    }
}

static void merge_file(struct compile_context *c, struct file *file) { /* as deep as bases.c lets it be */
    if (file->is_merged) return;
    for (size_t b = 0; b < file->base_count; b++) merge_file(c, file->bases[b]);
    for (size_t k = 0; k < KEY_COUNT; k++) {
        const struct key_info *key = &rf_keys[k];
        struct value *into = &file->merged.all[k];
        unite(c, key, into, file);
        apply(c, key, into, &file->own.all[k]);
        check_rivals(c, key, into);
    }
    file->is_merged = true;
}

void rf_merge(struct compile_context *c, struct file *file) {
    merge_file(c, file);
    for (size_t k = 0; k < KEY_COUNT; k++) {
        const struct value *preset = rf_preset(c, (enum key_id)k);
        if (preset && !file->merged.all[k].set) file->merged.all[k] = *preset;
    }
}
