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
    return same_text(a->text, b->text) && a->num == b->num && a->low == b->low && a->high == b->high &&
           same_fields(a, b);
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

static struct value copy_value(struct compile_context *c, const struct value *from, bool errnos) {
    struct value v = *from;
    v.items = NULL;
    v.count = 0;
    for (size_t i = 0; i < from->count; i++) {
        struct item *item = append(c, &v, &from->items[i]);
        if (!errnos || !item->fields) continue;
        struct value *inner = RF_NEW(c->arena, struct value);
        *inner = copy_value(c, item->fields, false);
        item->fields = inner;
    }
    return v;
}

/* ---- two bases ---- */

enum winner { KEEP, TAKE, NEITHER };

static enum winner decide(const struct file *ours, const struct file *theirs) {
    if (ours->is_preset || theirs->is_preset) return ours->is_preset ? TAKE : KEEP;
    if (rf_file_extends(theirs, ours)) return TAKE;
    if (rf_file_extends(ours, theirs)) return KEEP;
    return NEITHER;
}

static void unite_items(struct compile_context *c, const struct key_info *key, struct value *into,
                        const struct value *from, bool set) {
    for (size_t i = 0; i < from->count; i++) {
        const struct item *theirs = &from->items[i];
        struct item *ours = rf_item_find(into, theirs->name);
        if (!ours) {
            append(c, into, theirs);
            continue;
        }
        if (key->type == T_ERRNOS) {
            if (!ours->gone && !theirs->gone)
                unite_items(c, &rf_keys[K_seccomp_allow], ours->fields, theirs->fields, true);
            if (ours->gone && !theirs->gone) *ours = *theirs;
            continue;
        }
        if (set ? ours->gone == theirs->gone : same_item(ours, theirs)) {
            if (set && ours->group && !theirs->group) ours->group = false, ours->since = 0;
            if (set && ours->group && theirs->group && theirs->since < ours->since) ours->since = theirs->since;
            continue;
        }
        enum winner who = decide(ours->origin, theirs->origin);
        if (who == TAKE || (who == NEITHER && set && ours->gone))
            *ours = *theirs;
        else if (who == NEITHER && !set)
            ours->rival = theirs;
    }
}

static void unite(struct compile_context *c, const struct key_info *key, struct value *into, const struct value *from) {
    if (!from->set) return;
    bool errnos = key->type == T_ERRNOS;
    if (!into->set) {
        *into = copy_value(c, from, errnos);
        return;
    }
    if (key->merge != M_SCALAR) {
        struct value copy = copy_value(c, from, errnos);
        unite_items(c, key, into, &copy, key->merge == M_SET || key->merge == M_SEALED);
        return;
    }
    if (rf_merge_same(key, into, from)) return;
    enum winner who = decide(into->origin, from->origin);
    if (who == TAKE) *into = copy_value(c, from, errnos);
    if (who == NEITHER) into->rival = from;
}

/* ---- the file's own keys over what it inherits ---- */

static void plain_over_inherited(struct compile_context *c, const char *path, const struct value *own,
                                 const struct value *into) {
    const struct item *first = NULL;
    for (size_t i = 0; i < into->count && !first; i++)
        if (!into->items[i].gone) first = &into->items[i];
    struct diag *d = rf_diag(c->diags, D_PLAIN_OVER_INHERITED, own->at,
                             "a plain list, but %s already has %zu inherited entries", path, rf_merge_count(into));
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

static void apply_set(struct compile_context *c, const char *path, struct value *into, const struct value *own) {
    if (own->mode == MODE_PLAIN && rf_merge_count(into)) {
        plain_over_inherited(c, path, own, into);
        return;
    }
    if (own->mode == MODE_REPLACE)
        for (size_t i = 0; i < into->count; i++) into->items[i].gone = true, into->items[i].origin = own->origin;
    struct span group_at = {0};
    bool group_hit = true;
    for (size_t i = 0; i < own->count; i++) {
        const struct item *item = &own->items[i];
        if (!item->remove) continue;
        if (item->group && (item->at.line != group_at.line || item->at.column != group_at.column)) {
            if (!group_hit)
                rf_diag(c->diags, D_REMOVE_ABSENT, group_at, "no call of this group is there to be removed");
            group_at = item->at;
            group_hit = false;
        }
        bool hit = false;
        remove_member(c, into, item, &hit);
        group_hit = group_hit || hit;
    }
    if (!group_hit) rf_diag(c->diags, D_REMOVE_ABSENT, group_at, "no call of this group is there to be removed");
    for (size_t i = 0; i < own->count; i++) {
        const struct item *item = &own->items[i];
        if (item->remove) continue;
        struct item *old = rf_item_find(into, item->name);
        if (!old)
            append(c, into, item);
        else if (old->gone || (old->group && !item->group))
            *old = *item;
        else if (old->group && item->group && item->since < old->since)
            old->since = item->since;
    }
    into->mode = MODE_PLAIN;
    into->at = own->at;
    into->origin = own->origin;
}

static void apply_errnos(struct compile_context *c, struct value *into, const struct value *own) {
    for (size_t i = 0; i < own->count; i++) {
        const struct item *item = &own->items[i];
        struct item *old = rf_item_find(into, item->name);
        if (item->gone) {
            if (!old || old->gone)
                rf_diag(c->diags, D_REMOVE_ABSENT, item->at, "'%s' cannot be deleted: it is not there", item->name);
            if (old) old->gone = true, old->origin = item->origin;
            continue;
        }
        if (!old || old->gone) {
            struct item fresh = *item;
            fresh.fields = RF_NEW(c->arena, struct value);
            fresh.fields->set = true;
            if (old)
                *old = fresh;
            else
                old = append(c, into, &fresh);
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

static void merge_file(struct compile_context *c, struct file *file, unsigned depth) {
    if (file->is_merged || depth > 20) return;
    for (size_t b = 0; b < file->base_count; b++) merge_file(c, file->bases[b], depth + 1);
    for (size_t k = 0; k < KEY_COUNT; k++) {
        const struct key_info *key = &rf_keys[k];
        struct value *into = &file->merged.all[k];
        for (size_t b = 0; b < file->base_count && key->merge != M_OWN; b++)
            unite(c, key, into, &file->bases[b]->merged.all[k]);
        apply(c, key, into, &file->own.all[k]);
        check_rivals(c, key, into);
    }
    file->is_merged = true;
}

void rf_merge(struct compile_context *c, struct file *file) {
    merge_file(c, file, 0);
    for (size_t k = 0; k < KEY_COUNT; k++) {
        const struct value *preset = rf_preset(c, (enum key_id)k);
        if (preset && !file->merged.all[k].set) file->merged.all[k] = *preset;
    }
}
