/* SPDX-License-Identifier: Apache-2.0 */
/* The walk: every key of a file is found in keys.def, or refused. */
#include "bind.h"

#include <string.h>

bool rf_bind_refuse_later(struct bind *b, const struct key_info *key, const struct node *node) {
    const char *path = key->record ? rf_arena_printf(b->c->arena, "%s.%s", key->record, key->path) : key->path;
    for (size_t i = 0; rf_keys_later_word(i); i++) {
        const char *word = rf_keys_later_word(i)->word;
        if (strcmp(rf_keys_later_word(i)->path, path) != 0) continue;
        if (node->kind == NODE_SCALAR ? strcmp(node->text, word) != 0 : !rf_tree_get(node, word)) continue;
        struct diag *d =
            rf_diag(b->c->diags, D_NOT_SUPPORTED, node->at, "'%s' is not supported by this version here", word);
        rf_diag_help(b->c->diags, d, "it is part of the language; a later version carries it out");
        return true;
    }
    return false;
}

/* Names that could stand directly in section `prefix`. */
static void guess_key(struct rf_arena *arena, const char *prefix, struct guess *guess) {
    size_t n = strlen(prefix);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strncmp(rf_keys[i].path, prefix, n) != 0 || (n && rf_keys[i].path[n] != '.') ||
            (rf_keys[i].flags & F_HIDDEN))
            continue;
        const char *rest = rf_keys[i].path + n + (n > 0);
        size_t first = strcspn(rest, ".");
        const char *section = rf_arena_printf(arena, "%s%s%.*s", prefix, n ? "." : "", (int)first, rest);
        rf_guess_try(guess, rf_keys_is_section(section) ? rf_arena_copy(arena, rest, first) : rest);
    }
}

static void unknown_key(struct bind *b, const char *prefix, const char *path, const struct node *key) {
    struct compile_context *c = b->c;
    if (rf_keys_is_later(path)) {
        struct diag *d = rf_diag(c->diags, D_NOT_SUPPORTED, key->at, "'%s' is not supported by this version", path);
        rf_diag_help(c->diags, d, "the key is part of the language; a later version carries it out");
        return;
    }
    struct guess guess;
    rf_guess_init(&guess, key->text, key->length);
    guess_key(c->arena, prefix, &guess);
    struct diag *d = rf_diag(c->diags, D_UNKNOWN_KEY, key->at,
                             *prefix ? "unknown key '%s' in %s" : "unknown key '%s'%s", key->text, prefix);
    for (size_t i = 0; i < KEY_COUNT; i++) { /* right name, wrong place */
        const char *dot = strrchr(rf_keys[i].path, '.');
        if (!(rf_keys[i].flags & F_HIDDEN) && strcmp(dot ? dot + 1 : rf_keys[i].path, key->text) == 0) {
            rf_diag_help(c->diags, d, "there is a key '%s'", rf_keys[i].path);
            return;
        }
    }
    if (guess.best) rf_diag_label(c->diags, d, "did you mean '%s'?", guess.best);
}

static void bind_section(struct bind *b, const char *prefix, const struct node *node);

static void bind_pair(struct bind *b, const char *prefix, const struct pair *pair) {
    struct compile_context *c = b->c;
    const char *path = rf_arena_printf(c->arena, "%s%s%s", prefix, *prefix ? "." : "", pair->key->text);
    const struct key_info *key = rf_keys_find(path);
    if (key && !(key->flags & F_HIDDEN)) {
        struct value *value = &b->file->own.all[key - rf_keys];
        if (!rf_value_bind(b, key, pair->value, value)) value->set = false, value->bad = true;
        return;
    }
    if (!rf_keys_is_section(path)) {
        unknown_key(b, prefix, path, pair->key);
        return;
    }
    if (pair->value->kind == NODE_MAP) {
        /* Who writes it may well think that nothing listed means nothing allowed, and it would be the contrary. */
        if (!pair->value->count && strcmp(path, "landlock") == 0 && rf_diags_errors(c->diags) == 0) {
            struct diag *d = rf_diag(c->diags, D_MISSING_FIELD, pair->value->at, "an empty 'landlock' refuses nothing");
            rf_diag_help(c->diags, d, "leave it out, or state a key of it");
        }
        bind_section(b, path, pair->value);
        return;
    }
    const struct key_info *mode = rf_keys_find(rf_arena_printf(c->arena, "%s.mode", path));
    if (mode && (mode->flags & F_SHORTHAND) && pair->value->kind == NODE_SCALAR) {
        struct value *value = &b->file->own.all[mode - rf_keys];
        if (!rf_value_bind(b, mode, pair->value, value)) value->set = false, value->bad = true;
        return;
    }
    if (rf_tree_is_null(pair->value))
        rf_diag(c->diags, D_NULL_VALUE, pair->value->at, "null where a mapping of keys is needed");
    else
        rf_diag(c->diags, D_NOT_A_MAPPING, pair->value->at, "'%s' holds other keys: a mapping is expected", path);
}

static void bind_section(struct bind *b, const char *prefix, const struct node *node) {
    for (size_t i = 0; node->pairs && i < node->count; i++) bind_pair(b, prefix, &node->pairs[i]);
}

/* One call named (not through a group) in two action lists of one file: which one was meant? */
static void check_two_actions(struct bind *b) {
    const struct policy *p = &b->file->own;
    struct action_list first, second;
    for (size_t i = 0; rf_policy_list(p, i, &first); i++)
        for (size_t k = 0; k < first.calls->count; k++) {
            const struct item *a = &first.calls->items[k];
            for (size_t j = i + 1; !a->remove && !a->group && rf_policy_list(p, j, &second); j++) {
                const struct item *other = rf_item_find(second.calls, a->name);
                if (!other || other->remove || other->group) continue;
                struct diag *d =
                    rf_diag(b->c->diags, D_TWO_ACTIONS, other->at, "'%s' is in two action lists of this file", a->name);
                rf_diag_other(b->c->diags, d, a->at, "first listed here");
            }
        }
}

void rf_bind(struct compile_context *c, struct file *file, const struct node *root) {
    struct bind b = {c, file};
    const struct node *version = rf_tree_get(root, "ringfence");
    if (!version) {
        struct diag *d = rf_diag(c->diags, D_MISSING_KEY, root->count ? root->pairs[0].key->at : root->at,
                                 "the first key of a policy is 'ringfence: 1'");
        rf_diag_help(c->diags, d, "it says which version of the policy language the file is written in");
    }
    bind_section(&b, "", root);
    check_two_actions(&b);
}
