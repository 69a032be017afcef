/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are not scalars: sets, maps, limits, namespaces, errno lists. */
#include "bind.h"
#include "names.h"

#include <string.h>

#define MEMBERS_MAX 1024u

static bool too_many(struct bind *b, const struct node *node) {
    if (node->count <= MEMBERS_MAX) return false;
    rf_diag(b->c->diags, D_TOO_MANY, node->at, "%zu entries; %u are the limit", node->count, MEMBERS_MAX);
    return true;
}

/* Whether a member was written before in its list: named twice, one of the two is a slip. */
static bool is_repeated(struct bind *b, const struct node *list, size_t at, const char *message) {
    const struct node *node = list->items[at];
    for (size_t i = 0; i < at && node->kind == NODE_SCALAR; i++) {
        const struct node *old = list->items[i];
        if (old->kind != NODE_SCALAR || old->length != node->length || strcmp(old->text, node->text) != 0) continue;
        struct diag *d = rf_diag(b->c->diags, D_DUPLICATE_KEY, node->at, message, node->text);
        rf_diag_other(b->c->diags, d, old->at, "first listed here");
        return true;
    }
    return false;
}

static bool bind_members(struct bind *b, const char *spec, const struct node *node, bool remove, bool ordered,
                         struct value *value) {
    if (node->kind != NODE_LIST) {
        rf_bind_wrong_type(b, node, "a list");
        return false;
    }
    if (too_many(b, node)) return false;
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        if (!ordered && is_repeated(b, node, i, "'%s' is listed twice"))
            good = false;
        else
            good = rf_member_bind(b, spec, node->items[i], remove, value) && good;
    }
    return good;
}

/* {add: [x], remove: [x]}: one of the two is a slip. */
static bool check_both(struct bind *b, const struct node *node) {
    const struct node *add = rf_tree_get(node, "add"), *remove = rf_tree_get(node, "remove");
    bool good = true;
    if (!add || !remove || add->kind != NODE_LIST || remove->kind != NODE_LIST) return true;
    for (size_t i = 0; i < add->count; i++)
        for (size_t k = 0; k < remove->count; k++) {
            const struct node *a = add->items[i], *r = remove->items[k];
            if (a->kind != NODE_SCALAR || r->kind != NODE_SCALAR || strcmp(a->text, r->text) != 0) continue;
            struct diag *d = rf_diag(b->c->diags, D_BAD_ENTRY, r->at, "'%s' is both added and removed", r->text);
            rf_diag_other(b->c->diags, d, a->at, "added here");
            good = false;
        }
    return good;
}

/* [a, b] | {add: [...], remove: [...]} | {replace: [...]} */
static bool bind_set(struct bind *b, const char *spec, const struct node *node, struct value *value) {
    if (node->kind != NODE_MAP) {
        value->mode = MODE_PLAIN;
        if (node->kind == NODE_LIST) return bind_members(b, spec, node, false, false, value);
        rf_bind_wrong_type(b, node, "a list, {add: [...], remove: [...]} or {replace: [...]}");
        return false;
    }
    if (!node->count) {
        struct diag *d = rf_diag(b->c->diags, D_MISSING_FIELD, node->at, "an empty mapping says nothing about a set");
        rf_diag_help(b->c->diags, d, "an empty set is written [], or {replace: []} over an inherited one");
        return false;
    }
    bool good = check_both(b, node);
    value->mode = rf_tree_get(node, "replace") ? MODE_REPLACE : MODE_EDIT;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *key = node->pairs[i].key;
        bool remove = strcmp(key->text, "remove") == 0, replace = strcmp(key->text, "replace") == 0;
        if (!remove && !replace && strcmp(key->text, "add") != 0) {
            struct diag *d = rf_diag(b->c->diags, D_UNKNOWN_KEY, key->at, "unknown key '%s'", key->text);
            rf_diag_help(b->c->diags, d, "a set is a list, {add: [...], remove: [...]} or {replace: [...]}");
            good = false;
        } else if (value->mode == MODE_REPLACE && !replace) {
            struct diag *d = rf_diag(b->c->diags, D_BAD_ENTRY, key->at, "'%s' beside 'replace'", key->text);
            rf_diag_help(b->c->diags, d, "replace states the whole set");
            good = false;
        } else {
            good = bind_members(b, spec, node->pairs[i].value, remove, false, value) && good;
        }
    }
    return good;
}

static struct item *add_item(struct bind *b, struct value *value, const char *name, struct span at) {
    struct item item = {.name = name, .at = at, .origin = b->file};
    RF_PUSH(b->c->arena, value->items, value->count, item);
    return &value->items[value->count - 1];
}

static bool want_map(struct bind *b, const struct node *node, const char *expected) {
    if (node->kind == NODE_MAP) return !too_many(b, node);
    rf_bind_wrong_type(b, node, expected);
    return false;
}

static bool bind_env(struct bind *b, const struct node *node, struct value *value) {
    if (!want_map(b, node, "a mapping of variables to values")) return false;
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *key = node->pairs[i].key, *text = node->pairs[i].value;
        struct value parts = {0};
        struct item *item = add_item(b, value, key->text, text->at);
        if (!rf_name_is_env(key->text)) {
            rf_diag(b->c->diags, D_BAD_ENVIRONMENT, key->at, "'%s' is not the name of an environment variable",
                    key->text);
            good = false;
        } else if (rf_tree_is_null(text)) {
            item->gone = true;
        } else if (!rf_scalar_template(b, text, &parts)) {
            good = false;
        } else if (key->length + 1 + text->length > RF_STRING_MAX) {
            rf_diag(b->c->diags, D_TOO_LONG, text->at, "longer than %u bytes", RF_STRING_MAX);
            good = false;
        } else {
            item->text = parts.text;
            item->parameter = parts.parameter;
            item->suffix = parts.suffix;
        }
    }
    return good;
}

static bool bind_fds(struct bind *b, const struct node *node, struct value *value) {
    if (!want_map(b, node, "a mapping of names to descriptor numbers")) return false;
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *key = node->pairs[i].key, *number = node->pairs[i].value;
        struct item *item = add_item(b, value, key->text, number->at);
        item->text = number->text;
        if (!rf_scalar_is_name(key->text, key->length)) {
            rf_diag(b->c->diags, D_BAD_NAME, key->at, "'%s' is not a valid name", key->text);
            good = false;
        } else if (rf_tree_is_null(number)) {
            item->gone = true;
        } else {
            good = rf_scalar_number(b, number, 3, RF_KEEP_FD_MAX, false, &item->num) && good;
        }
    }
    return good;
}

static bool bind_rlimit_value(struct bind *b, const struct rlimit_info *info, const struct node *node,
                              uint64_t *number) {
    switch (info->unit) {
    case RLIMIT_BYTES: return rf_scalar_quantity(b, "B", node, number);
    case RLIMIT_SECONDS: return rf_scalar_quantity(b, "s", node, number);
    case RLIMIT_MICROSECONDS: return rf_scalar_quantity(b, "us", node, number);
    default: return rf_scalar_number(b, node, 0, INT64_MAX, true, number);
    }
}

static bool bind_rlimit(struct bind *b, const struct rlimit_info *info, const struct node *node, struct item *item) {
    item->num = info->number;
    if (node->kind != NODE_MAP) {
        if (!bind_rlimit_value(b, info, node, &item->low)) return false;
        item->high = item->low;
        return true;
    }
    const struct node *soft = rf_tree_get(node, "soft"), *hard = rf_tree_get(node, "hard");
    if (!soft || !hard || node->count != 2) {
        struct diag *d =
            rf_diag(b->c->diags, D_MISSING_FIELD, node->at, "a limit with two values has exactly soft and hard");
        rf_diag_help(b->c->diags, d, "write {soft: ..., hard: ...}, or one value for both");
        return false;
    }
    if (!bind_rlimit_value(b, info, soft, &item->low) || !bind_rlimit_value(b, info, hard, &item->high)) return false;
    if (item->low <= item->high) return true;
    rf_diag(b->c->diags, D_BAD_ENTRY, soft->at, "the soft limit is above the hard limit");
    return false;
}

static bool bind_rlimits(struct bind *b, const struct node *node, struct value *value) {
    if (!want_map(b, node, "a mapping of limits to values")) return false;
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *key = node->pairs[i].key, *limit = node->pairs[i].value;
        const struct rlimit_info *info = rf_name_rlimit(key->text);
        if (!info) {
            struct guess guess;
            size_t prefix = strncasecmp(key->text, "RLIMIT_", 7) == 0 ? 7 : 0;
            rf_guess_init(&guess, key->text + prefix, key->length - prefix);
            for (unsigned n = 0; rf_name_rlimit_at(n); n++) rf_guess_try(&guess, rf_name_rlimit_at(n)->name);
            struct diag *d = rf_diag(b->c->diags, D_UNKNOWN_RLIMIT, key->at, "unknown resource limit '%s'", key->text);
            if (guess.best) rf_diag_label(b->c->diags, d, "did you mean '%s'?", guess.best);
            good = false;
            continue;
        }
        struct item *item = add_item(b, value, key->text, limit->at);
        item->gone = rf_tree_is_null(limit);
        if (!item->gone) good = bind_rlimit(b, info, limit, item) && good;
    }
    return good;
}

/* {EPERM: [...], ENOSYS: {add: [...]}}: one set of calls per errno. */
static bool bind_errnos(struct bind *b, const struct node *node, struct value *value) {
    if (!want_map(b, node, "a mapping of errno names to lists of calls")) return false;
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *key = node->pairs[i].key;
        struct item *item = add_item(b, value, key->text, key->at);
        item->num = rf_errno_find(key->text, key->length);
        if (!item->num) {
            struct guess guess;
            rf_guess_init(&guess, key->text, key->length);
            for (size_t n = 0; rf_errno_at(n); n++) rf_guess_try(&guess, rf_errno_at(n));
            struct diag *d = rf_diag(b->c->diags, D_BAD_ACTION, key->at, "unknown errno name '%s'", key->text);
            if (guess.best) rf_diag_label(b->c->diags, d, "did you mean '%s'?", guess.best);
            good = false;
        }
        item->fields = RF_NEW(b->c->arena, struct value);
        item->fields->set = true;
        item->fields->at = node->pairs[i].value->at;
        item->fields->origin = b->file;
        if (rf_tree_is_null(node->pairs[i].value))
            item->gone = true;
        else
            good = bind_set(b, "call", node->pairs[i].value, item->fields) && good;
    }
    return good;
}

static bool bind_id_maps(struct bind *b, const char *which, const struct node *list, struct value *value) {
    if (list->kind != NODE_LIST || !list->count || list->count > 340) {
        rf_bind_wrong_type(b, list, "a list of 1 to 340 {inside, outside, size}");
        return false;
    }
    bool good = true;
    for (size_t i = 0; i < list->count; i++) {
        struct item *item = add_item(b, value, which, list->items[i]->at);
        good = rf_record_bind(b, "id_map", "namespaces.user", list->items[i], item) && good;
    }
    return good;
}

static bool bind_custom_user(struct bind *b, const struct node *node, struct value *value) {
    const struct node *uids = rf_tree_get(node, "uid_map"), *gids = rf_tree_get(node, "gid_map");
    if (!uids || !gids || node->count != 2) {
        rf_diag(b->c->diags, D_MISSING_FIELD, node->at, "a user namespace with maps has exactly uid_map and gid_map");
        return false;
    }
    bool good = bind_id_maps(b, "uid", uids, value);
    return bind_id_maps(b, "gid", gids, value) && good;
}

static bool bind_custom_time(struct bind *b, const struct node *node, struct value *value) {
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *key = node->pairs[i].key;
        bool boot = strcmp(key->text, "boottime") == 0;
        if (!boot && strcmp(key->text, "monotonic") != 0) {
            struct diag *d = rf_diag(b->c->diags, D_UNKNOWN_KEY, key->at, "unknown clock '%s'", key->text);
            rf_diag_help(b->c->diags, d, "the clocks are boottime and monotonic");
            good = false;
            continue;
        }
        good = rf_scalar_seconds(b, node->pairs[i].value, boot ? &value->snum : &value->snum2) && good;
    }
    return good;
}

static bool bind_namespace(struct bind *b, const struct key_info *key, const struct node *node, struct value *value) {
    static const char expected[] = "new, host or {join: PATH}";
    if (node->kind == NODE_SCALAR && strcmp(node->text, "new") == 0) {
        value->num = NS_NEW;
        return true;
    }
    if (node->kind == NODE_SCALAR && strcmp(node->text, "host") == 0) {
        value->num = NS_HOST;
        return true;
    }
    const struct node *join = node->kind == NODE_MAP ? rf_tree_get(node, "join") : NULL;
    if (join && node->count == 1) {
        value->num = NS_JOIN;
        if (!rf_scalar_text(b, "path", join)) return false;
        value->text = join->text;
        return true;
    }
    value->num = NS_CUSTOM;
    if (node->kind == NODE_MAP && !join && strcmp(key->spec, "user") == 0) return bind_custom_user(b, node, value);
    if (node->kind == NODE_MAP && !join && strcmp(key->spec, "time") == 0) return bind_custom_time(b, node, value);
    rf_bind_wrong_type(b, node, expected);
    return false;
}

/* {x86_64: [i386]}: each ABI under the machine whose filter judges it. */
static bool bind_compat(struct bind *b, const struct node *node, struct value *value) {
    if (!want_map(b, node, "a mapping of machines to lists of ABIs")) return false;
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct node *key = node->pairs[i].key;
        struct value machine = {0};
        size_t before = value->count;
        if (!rf_member_bind(b, "arch", key, false, &machine) ||
            !bind_members(b, "abi", node->pairs[i].value, false, false, value)) {
            good = false;
            continue;
        }
        for (size_t k = before; k < value->count; k++) {
            const struct rf_machine_info *info = &rf_machine_info[value->items[k].num];
            if (info->carrier == machine.items[0].num && value->items[k].num >= RF_MACHINES) continue;
            struct diag *d = rf_diag(b->c->diags, D_BAD_CHOICE, value->items[k].at, "'%s' is no further ABI of %s",
                                     info->name, key->text);
            rf_diag_help(b->c->diags, d, "x86_64 has i386 and x32, aarch64 has arm, riscv64 none");
            good = false;
        }
    }
    return good;
}

static bool bind_record(struct bind *b, const struct key_info *key, const struct node *node, struct value *value) {
    struct item *item = add_item(b, value, key->path, node->at);
    return rf_record_bind(b, key->spec, key->path, node, item);
}

/* true, false, or {overlay: {size: ...}} */
static bool bind_writable(struct bind *b, const struct key_info *key, const struct node *node, struct value *value) {
    const struct node *overlay = node->kind == NODE_MAP ? rf_tree_get(node, key->spec) : NULL;
    if (overlay && node->count == 1) {
        value->num = 2;
        return rf_record_bind(b, key->spec, key->path, overlay, add_item(b, value, key->spec, overlay->at));
    }
    if (node->kind == NODE_SCALAR && strcmp(node->text, key->spec) == 0) {
        struct diag *d = rf_diag(b->c->diags, D_MISSING_FIELD, node->at, "an overlay needs a size");
        rf_diag_help(b->c->diags, d, "write {overlay: {size: 64MiB}}");
        return false;
    }
    if (node->kind == NODE_SCALAR) return rf_scalar_bind(b, key, node, value);
    rf_bind_wrong_type(b, node, "true, false or {overlay: {size: ...}}");
    return false;
}

bool rf_value_bind(struct bind *b, const struct key_info *key, const struct node *node, struct value *value) {
    value->set = true;
    value->at = node->at;
    value->origin = b->file;
    switch (key->type) {
    case T_SET: return bind_set(b, key->spec, node, value);
    case T_LIST: return bind_members(b, key->spec, node, false, strcmp(key->spec, "text") == 0, value);
    case T_MAP:
        if (strcmp(key->spec, "fd") == 0) return bind_fds(b, node, value);
        return strcmp(key->spec, "env") == 0 ? bind_env(b, node, value) : rf_sysctls_bind(b, node, value);
    case T_RLIMITS: return bind_rlimits(b, node, value);
    case T_ERRNOS: return bind_errnos(b, node, value);
    case T_NAMESPACE: return bind_namespace(b, key, node, value);
    case T_COMPAT: return bind_compat(b, node, value);
    case T_RECORD: return bind_record(b, key, node, value);
    case T_WRITABLE: return bind_writable(b, key, node, value);
    case T_RECORDS: return rf_records_bind(b, key, node, value);
    case T_NEVER: return rf_never_bind(b, node, value);
    default: return rf_scalar_bind(b, key, node, value);
    }
}
