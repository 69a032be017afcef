/* SPDX-License-Identifier: Apache-2.0 */
/* Records: entries whose keys are the FIELD lines of keys.def; and the entries of `never`. */
#include "bind.h"
#include "never_call.h"

#include <string.h>

static void unknown_field(struct bind *b, const char *record, const struct node *key) {
    char *later = rf_arena_printf(b->c->arena, "%s.%s", record, key->text);
    if (rf_keys_is_later(later)) {
        rf_diag(b->c->diags, D_NOT_SUPPORTED, key->at, "'%s' is not supported by this version", key->text);
        return;
    }
    struct guess guess;
    rf_guess_init(&guess, key->text, key->length);
    for (size_t f = 0; f < FIELD_COUNT; f++)
        if (strcmp(rf_fields[f].record, record) == 0) rf_guess_try(&guess, rf_fields[f].path);
    struct diag *d = rf_diag(b->c->diags, D_UNKNOWN_KEY, key->at, "unknown key '%s' in %s %s", key->text,
                             strchr("aeio", record[0]) ? "an" : "a", record);
    if (guess.best) rf_diag_label(b->c->diags, d, "did you mean '%s'?", guess.best);
}

bool rf_record_bind(struct bind *b, const char *record, const char *where, const struct node *node, struct item *item) {
    if (node->kind != NODE_MAP) {
        const char *article = strchr("aeio", record[0]) ? "an" : "a";
        char *expected = rf_arena_printf(b->c->arena, "a mapping (%s %s)", article, record);
        rf_bind_wrong_type(b, node, expected);
        return false;
    }
    bool good = true;
    item->fields = rf_arena_alloc(b->c->arena, FIELD_COUNT * sizeof *item->fields);
    for (size_t i = 0; i < node->count; i++) {
        size_t f = 0;
        while (f < FIELD_COUNT &&
               (strcmp(rf_fields[f].record, record) || strcmp(rf_fields[f].path, node->pairs[i].key->text)))
            f++;
        if (f == FIELD_COUNT) {
            unknown_field(b, record, node->pairs[i].key);
            good = false;
            continue;
        }
        struct value *value = &item->fields[f];
        value->indent = node->pairs[i].value->indent;
        good = rf_value_bind(b, &rf_fields[f], node->pairs[i].value, value) && good;
    }
    for (size_t f = 0; f < FIELD_COUNT; f++) {
        if (strcmp(rf_fields[f].record, record) || !(rf_fields[f].flags & F_REQUIRED) || item->fields[f].set) continue;
        rf_diag(b->c->diags, D_MISSING_FIELD, node->at, "'%s' is missing in this entry of %s", rf_fields[f].path,
                where);
        good = false;
    }
    return good;
}

/* The text by which a keyed list tells its entries apart. */
static const char *record_key(struct bind *b, const char *record, const struct item *item) {
    for (size_t f = 0; f < FIELD_COUNT; f++) {
        const struct value *v = item->fields ? &item->fields[f] : NULL;
        if (!v || strcmp(rf_fields[f].record, record) || !(rf_fields[f].flags & F_IS_KEY) || !v->set || !v->text)
            continue;
        if (!v->parameter) return v->text;
        return rf_arena_printf(b->c->arena, "%s$(%s)%s", v->text, v->parameter, v->suffix);
    }
    return NULL;
}

#define RECORDS_MAX 512u

static void add_record(struct bind *b, struct value *value, struct item *item) {
    for (size_t i = 0; i < value->count; i++) {
        if (strcmp(value->items[i].name, item->name) != 0) continue;
        struct diag *d = rf_diag(b->c->diags, D_DUPLICATE_KEY, item->at, "'%s' is given twice", item->name);
        rf_diag_other(b->c->diags, d, value->items[i].at, "first given here");
        return;
    }
    item->origin = b->file;
    RF_PUSH(b->c->arena, value->items, value->count, *item);
}

/* parameters: a mapping of names to records; null deletes an inherited one. */
static bool bind_record_map(struct bind *b, const struct key_info *key, const struct node *node, struct value *value) {
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *name = node->pairs[i].key, *record = node->pairs[i].value;
        struct item item = {.name = name->text, .at = name->at, .gone = rf_tree_is_null(record)};
        if (!rf_scalar_is_name(name->text, name->length)) {
            rf_diag(b->c->diags, D_BAD_NAME, name->at, "'%s' is not a valid name", name->text);
            good = false;
            continue;
        }
        if (!item.gone) good = rf_record_bind(b, key->spec, key->path, record, &item) && good;
        add_record(b, value, &item);
    }
    return good;
}

bool rf_records_bind(struct bind *b, const struct key_info *key, const struct node *node, struct value *value) {
    bool map = key->merge == M_MAP;
    if (node->kind != (map ? NODE_MAP : NODE_LIST)) {
        rf_bind_wrong_type(b, node, map ? "a mapping of names" : "a list of mappings");
        return false;
    }
    if (node->count > RECORDS_MAX) {
        rf_diag(b->c->diags, D_TOO_MANY, node->at, "%zu entries; %u are the limit", node->count, RECORDS_MAX);
        return false;
    }
    if (map) return bind_record_map(b, key, node, value);
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        struct item item = {.at = node->items[i]->at};
        good = rf_record_bind(b, key->spec, key->path, node->items[i], &item) && good;
        item.name = record_key(b, key->spec, &item);
        if (item.name) add_record(b, value, &item);
    }
    return good;
}

/* ---- never ---- */

static struct item *add_never(struct bind *b, struct value *value, enum never_kind kind, const struct node *what,
                              const char *is) {
    struct item item = {.at = what->at, .origin = b->file, .num = kind, .text = what->text, .other = is};
    item.name = rf_arena_printf(b->c->arena, "%d %s %s", (int)kind, what->text, is ? is : "");
    RF_PUSH(b->c->arena, value->items, value->count, item);
    return &value->items[value->count - 1];
}

/* A call must be readable on one of the machines at least: which ones the policy has is not known yet. */
static bool bind_never_call(struct bind *b, const struct node *n) {
    struct never_call what;
    struct rf_expr_error error = {0};
    if (!strchr(n->text, '(') && n->text[0] != '@') return rf_scalar_text(b, "call", n);
    for (unsigned m = 0; m < RF_ABIS; m++)
        if (rf_never_call_parse(b->c->arena, n->text, (enum rf_machine)m, false, &what, &error)) return true;
    struct diag *d = rf_diag(b->c->diags, what.call ? D_BAD_CONDITION : D_UNKNOWN_CALL, n->at, "%s", error.message);
    if (error.help) rf_diag_help(b->c->diags, d, "%s", error.help);
    return false;
}

static bool bind_never_list(struct bind *b, enum never_kind kind, const struct node *list, struct value *value) {
    struct value scratch = {0};
    if (list->kind != NODE_LIST) {
        rf_bind_wrong_type(b, list, "a list");
        return false;
    }
    bool good = true;
    for (size_t i = 0; i < list->count; i++) {
        const struct node *n = list->items[i];
        if (n->kind != NODE_SCALAR || rf_tree_is_null(n)) {
            rf_bind_wrong_type(b, n, "a name");
            good = false;
        } else if (kind == NEVER_CAPABILITY ? !rf_member_bind(b, "capability", n, false, &scratch)
                                            : !bind_never_call(b, n)) {
            good = false;
        } else {
            add_never(b, value, kind, n, NULL);
        }
    }
    return good;
}

/* {key: ..., is: ...}: the forbidden value is read as the key itself would read it, so that a misspelt one does not
 * forbid nothing. */
static bool bind_never_key(struct bind *b, const struct node *name, const struct node *is, struct value *value) {
    struct value *forbidden = RF_NEW(b->c->arena, struct value);
    if (!rf_scalar_text(b, "line", name)) return false;
    const struct key_info *key = rf_keys_value(name->text);
    if (!key) return rf_member_bind(b, "key", name, false, forbidden) && false;
    if (key->type >= T_LIST && key->type != T_NAMESPACE) {
        rf_diag(b->c->diags, D_BAD_REFERENCE, name->at,
                "'%s' is a list or a mapping: it cannot be compared with one value", name->text);
        return false;
    }
    if (key->type == T_NAMESPACE && is->kind == NODE_SCALAR && strcmp(is->text, "join") == 0)
        forbidden->num = NS_JOIN;
    else if (is->kind != NODE_SCALAR)
        return rf_bind_wrong_type(b, is, "one value"), false;
    else if (!rf_value_bind(b, key, is, forbidden))
        return false;
    if (forbidden->parameter) {
        rf_diag(b->c->diags, D_BAD_PARAMETER, is->at, "a parameter cannot stand in never");
        return false;
    }
    add_never(b, value, NEVER_KEY, name, is->text)->is = forbidden;
    return true;
}

bool rf_never_bind(struct bind *b, const struct node *node, struct value *value) {
    static const char form[] = "an entry of never is {capability: [...]}, {call: [...]} or {key: ..., is: ...}";
    if (node->kind != NODE_LIST) {
        rf_bind_wrong_type(b, node, "a list of {capability: [...]}, {call: [...]} or {key: ..., is: ...}");
        return false;
    }
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *entry = node->items[i];
        bool map = entry->kind == NODE_MAP;
        const struct node *capability = map ? rf_tree_get(entry, "capability") : NULL,
                          *call = map ? rf_tree_get(entry, "call") : NULL,
                          *key = map ? rf_tree_get(entry, "key") : NULL, *is = map ? rf_tree_get(entry, "is") : NULL;
        if (capability && entry->count == 1) {
            good = bind_never_list(b, NEVER_CAPABILITY, capability, value) && good;
        } else if (call && entry->count == 1) {
            good = bind_never_list(b, NEVER_CALL, call, value) && good;
        } else if (key && is && entry->count == 2) {
            good = bind_never_key(b, key, is, value) && good;
        } else {
            rf_diag(b->c->diags, D_BAD_ENTRY, entry->at, "%s", form);
            good = false;
        }
    }
    return good;
}
