/* SPDX-License-Identifier: Apache-2.0 */
/* One member of a set or list: which words may stand there, and what they mean. */
#include "bind.h"
#include "names.h"

#include <inttypes.h>
#include <string.h>

static struct item *add(struct bind *b, struct value *value, const char *name, struct span at, bool remove) {
    struct item item = {.name = name, .at = at, .origin = b->file, .remove = remove};
    RF_PUSH(b->c->arena, value->items, value->count, item);
    return &value->items[value->count - 1];
}

static bool bind_number(struct bind *b, uint64_t low, uint64_t high, const struct node *node, bool remove,
                        struct value *value) {
    uint64_t number;
    if (!rf_scalar_number(b, node, low, high, false, &number)) return false;
    add(b, value, node->text, node->at, remove)->num = number;
    return true;
}

/* Words with the kernel's bits for them. */
static bool bind_scope(struct bind *b, const struct node *node, bool remove, struct value *value) {
    static const char *const words[] = {"abstract_unix", "signal"};
    if (node->kind != NODE_SCALAR || rf_tree_is_null(node)) {
        rf_bind_wrong_type(b, node, "abstract_unix or signal");
        return false;
    }
    struct guess guess;
    rf_guess_init(&guess, node->text, node->length);
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], node->text) == 0) {
            add(b, value, node->text, node->at, remove)->num = UINT64_C(1) << i;
            return true;
        }
        rf_guess_try(&guess, words[i]);
    }
    struct diag *d = rf_diag(b->c->diags, D_BAD_CHOICE, node->at, "'%s' is nothing that can be scoped", node->text);
    if (guess.best)
        rf_diag_label(b->c->diags, d, "did you mean '%s'?", guess.best);
    else
        rf_diag_help(b->c->diags, d, "what can be is abstract_unix and signal");
    return false;
}

static bool bind_env_name(struct bind *b, const struct node *node, bool remove, struct value *value) {
    if (!rf_scalar_text(b, "line", node)) return false;
    if (!rf_name_is_env(node->text)) {
        rf_diag(b->c->diags, D_BAD_ENVIRONMENT, node->at, "'%s' is not the name of an environment variable",
                node->text);
        return false;
    }
    add(b, value, node->text, node->at, remove);
    return true;
}

static bool bind_capability(struct bind *b, const struct node *node, bool remove, struct value *value) {
    if (node->kind != NODE_SCALAR || rf_tree_is_null(node)) {
        rf_bind_wrong_type(b, node, "a capability");
        return false;
    }
    int number = rf_name_capability(node->text);
    if (number >= 0) {
        add(b, value, node->text, node->at, remove)->num = (uint64_t)number;
        return true;
    }
    struct diag *d = rf_diag(b->c->diags, D_UNKNOWN_CAPABILITY, node->at, "unknown capability '%s'", node->text);
    const char *bare = strncasecmp(node->text, "CAP_", 4) == 0 ? node->text + 4 : node->text;
    struct guess guess;
    rf_guess_init(&guess, bare, strlen(bare));
    for (unsigned i = 0; rf_name_capability_at(i); i++) rf_guess_try(&guess, rf_name_capability_at(i));
    if (guess.best) rf_diag_label(b->c->diags, d, "did you mean '%s'?", guess.best);
    if (strcasecmp(node->text, "ALL") == 0)
        rf_diag_help(b->c->diags, d, "name each capability: ALL means another set on every kernel");
    return false;
}

static bool bind_device(struct bind *b, const struct node *node, bool remove, struct value *value) {
    /* To YAML the word null is nothing; in this list it can only be /dev/null. */
    if (node->kind != NODE_SCALAR || !node->length) {
        rf_bind_wrong_type(b, node, "a device node");
        return false;
    }
    int at = rf_name_device(node->text);
    if (at >= 0) {
        add(b, value, node->text, node->at, remove)->num = (uint64_t)at;
        return true;
    }
    struct diag *d = rf_diag(b->c->diags, D_UNKNOWN_DEVICE, node->at, "unknown device node '%s'", node->text);
    struct guess guess;
    rf_guess_init(&guess, node->text, node->length);
    for (int i = 0; rf_name_device_at(i); i++) rf_guess_try(&guess, rf_name_device_at(i)->name);
    if (guess.best)
        rf_diag_label(b->c->diags, d, "did you mean '%s'?", guess.best);
    else if (strncmp(node->text, "/dev/", 5) == 0)
        rf_diag_help(b->c->diags, d, "leave out /dev/");
    return false;
}

/* Adds every call of a group, nested ones too. The tables' generator has refused cycles. */
static void add_group(struct bind *b, const struct rf_group_info *group, uint32_t since, struct span at, bool remove,
                      struct value *value) {
    for (size_t i = 0; i < group->count; i++) {
        const struct rf_group_line *line = &group->lines[i];
        uint32_t joined = line->since > since ? line->since : since;
        if (line->name[0] == '@') {
            add_group(b, rf_group_find(line->name + 1, strlen(line->name) - 1), joined, at, remove, value);
            continue;
        }
        struct item *old = rf_item_find(value, line->name);
        if (old && old->remove == remove) { /* named twice is no mistake when a group does it */
            if (old->since > joined) old->since = joined;
            continue;
        }
        struct item *item = add(b, value, line->name, at, remove);
        item->group = true;
        item->since = joined;
    }
}

static bool bind_call(struct bind *b, const struct node *node, bool remove, struct value *value) {
    if (node->kind != NODE_SCALAR || rf_tree_is_null(node)) {
        rf_bind_wrong_type(b, node, "a system call or \"@group\"");
        return false;
    }
    if (node->text[0] != '@') {
        if (!rf_scalar_text(b, "call", node)) return false;
        struct item *old = rf_item_find(value, node->text);
        if (old && old->remove == remove && old->group) { /* an explicit name is stronger than a group's */
            old->group = false;
            old->since = 0;
            old->at = node->at;
            return true;
        }
        add(b, value, node->text, node->at, remove);
        return true;
    }
    const struct rf_group_info *group = rf_group_find(node->text + 1, node->length - 1);
    if (group) {
        add_group(b, group, 0, node->at, remove, value);
        return true;
    }
    struct guess guess;
    rf_guess_init(&guess, node->text + 1, node->length - 1);
    for (size_t i = 0; i < rf_group_count; i++) rf_guess_try(&guess, rf_groups[i].name);
    struct diag *d = rf_diag(b->c->diags, D_UNKNOWN_GROUP, node->at, "unknown group '%s'", node->text);
    if (guess.best) rf_diag_label(b->c->diags, d, "did you mean '@%s'?", guess.best);
    return false;
}

/* A machine or, up to `most`, an ABI. */
static bool bind_arch(struct bind *b, unsigned most, const struct node *node, struct value *value) {
    if (node->kind != NODE_SCALAR || rf_tree_is_null(node)) {
        rf_bind_wrong_type(b, node, "a machine");
        return false;
    }
    struct guess guess;
    rf_guess_init(&guess, node->text, node->length);
    for (unsigned i = 0; i < most; i++) {
        if (strcmp(rf_machine_info[i].name, node->text) == 0) {
            add(b, value, node->text, node->at, false)->num = i;
            return true;
        }
        rf_guess_try(&guess, rf_machine_info[i].name);
    }
    struct diag *d =
        rf_diag(b->c->diags, D_BAD_CHOICE, node->at, "'%s' is not a machine that this version supports", node->text);
    const char *meant = strcmp(node->text, "amd64") == 0                    ? "x86_64"
                        : strcmp(node->text, "arm64") == 0                  ? "aarch64"
                        : strcmp(node->text, "x86") == 0 && most == RF_ABIS ? "i386"
                                                                            : guess.best;
    if (meant)
        rf_diag_label(b->c->diags, d, "did you mean '%s'?", meant);
    else
        rf_diag_help(b->c->diags, d, "%s",
                     most == RF_MACHINES ? "machines are x86_64, aarch64 and riscv64"
                                         : "ABIs are x86_64, i386, x32, aarch64, arm and riscv64");
    return false;
}

/* One of a list of numbered names; `foreign` is how others begin them. */
static bool bind_numbered(struct bind *b, const struct numbered *(*at)(unsigned), const char *what, const char *foreign,
                          const struct node *node, bool remove, struct value *value) {
    if (node->kind != NODE_SCALAR || rf_tree_is_null(node)) {
        rf_bind_wrong_type(b, node, what);
        return false;
    }
    const char *bare = node->text + (strncasecmp(node->text, foreign, strlen(foreign)) == 0 ? strlen(foreign) : 0);
    struct guess guess;
    rf_guess_init(&guess, bare, strlen(bare));
    for (unsigned i = 0; at(i); i++) {
        if (strcmp(at(i)->name, node->text) == 0) {
            add(b, value, node->text, node->at, remove)->num = at(i)->number;
            return true;
        }
        rf_guess_try(&guess, at(i)->name);
    }
    struct diag *d =
        rf_diag(b->c->diags, D_BAD_CHOICE, node->at, "'%s' is not %s that can stand here", node->text, what);
    if (strcmp(bare, "KILL") == 0 || strcmp(bare, "STOP") == 0 || strcmp(bare, "CHLD") == 0)
        rf_diag_help(b->c->diags, d, "KILL and STOP cannot be ignored, and CHLD the launcher itself needs");
    else if (guess.best)
        rf_diag_label(b->c->diags, d, "did you mean '%s'?", guess.best);
    return false;
}

/* A full key path; process.pass_env.NAME names one member. */
static bool bind_key(struct bind *b, const struct node *node, bool remove, struct value *value) {
    if (!rf_scalar_text(b, "line", node)) return false;
    const struct key_info *key = rf_keys_member(node->text);
    if (!key || (key->flags & F_HIDDEN)) {
        struct guess guess;
        rf_guess_init(&guess, node->text, node->length);
        for (size_t i = 0; i < KEY_COUNT; i++) rf_guess_try(&guess, rf_keys[i].path);
        struct diag *d = rf_diag(b->c->diags, D_BAD_REFERENCE, node->at, "there is no key '%s'", node->text);
        if (guess.best) rf_diag_label(b->c->diags, d, "did you mean '%s'?", guess.best);
        return false;
    }
    add(b, value, node->text, node->at, remove);
    return true;
}

static bool bind_plain(struct bind *b, const char *spec, const struct node *node, bool remove, struct value *value) {
    struct value text = {.text = node->text};
    bool is_text = strcmp(spec, "text") == 0;
    if (is_text ? !rf_scalar_template(b, node, &text)
                : !rf_scalar_text(b, strcmp(spec, "base") == 0 ? "line" : spec, node))
        return false;
    if (strcmp(spec, "base") == 0 && !node->length) {
        rf_bind_wrong_type(b, node, "the name of a base policy");
        return false;
    }
    struct item *item = add(b, value, node->text, node->at, remove);
    item->text = text.text;
    item->parameter = text.parameter;
    item->suffix = text.suffix;
    return true;
}

bool rf_member_bind(struct bind *b, const char *spec, const struct node *node, bool remove, struct value *value) {
    if (strcmp(spec, "id") == 0) return bind_number(b, 0, 4294967294, node, remove, value);
    if (strcmp(spec, "port") == 0) return bind_number(b, 1, 65535, node, remove, value);
    if (strcmp(spec, "own_port") == 0) return bind_number(b, 0, 65535, node, remove, value);
    if (strcmp(spec, "scope") == 0) return bind_scope(b, node, remove, value);
    if (strcmp(spec, "env") == 0) return bind_env_name(b, node, remove, value);
    if (strcmp(spec, "capability") == 0) return bind_capability(b, node, remove, value);
    if (strcmp(spec, "device") == 0) return bind_device(b, node, remove, value);
    if (strcmp(spec, "call") == 0) return bind_call(b, node, remove, value);
    if (strcmp(spec, "arch") == 0) return bind_arch(b, RF_MACHINES, node, value);
    if (strcmp(spec, "abi") == 0) return bind_arch(b, RF_ABIS, node, value);
    if (strcmp(spec, "signal") == 0) return bind_numbered(b, rf_name_signal_at, "a signal", "SIG", node, remove, value);
    if (strcmp(spec, "securebit") == 0)
        return bind_numbered(b, rf_name_securebit_at, "a securebit", "SECBIT_", node, remove, value);
    if (strcmp(spec, "key") == 0) return bind_key(b, node, remove, value);
    return bind_plain(b, spec, node, remove, value);
}
