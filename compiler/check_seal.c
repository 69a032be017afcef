/* SPDX-License-Identifier: Apache-2.0 */
/* optional, require and never: what a policy says about itself and about everything that extends it. */
#include "bind.h"
#include "check.h"
#include "merge.h"

#include <inttypes.h>
#include <string.h>

static void check_optional(struct compile_context *c, const struct policy *p) {
    for (size_t i = 0; i < p->optional.count; i++) {
        const struct item *item = &p->optional.items[i];
        const struct key_info *key = rf_bind_key_of(item->name);
        if (item->gone) continue;
        if (!key || !(key->flags & F_OPTIONAL)) {
            struct diag *d = rf_diag(c->diags, D_NOT_OPTIONAL, item->at, "'%s' cannot be optional", item->name);
            rf_diag_help(c->diags, d,
                         "only keys whose absence weakens nothing can be: process.pass_env.NAME, "
                         "process.oom_score_adj, resources.cpu.weight");
            continue;
        }
        const char *member = item->name + strlen(key->path);
        if (key->type == T_SET && !*member)
            rf_diag(c->diags, D_NOT_OPTIONAL, item->at, "name one member: '%s.NAME'", item->name);
        else if (!p->all[key - rf_keys].set || (*member && !rf_item_find(&p->all[key - rf_keys], member + 1)))
            rf_diag(c->diags, D_BAD_REFERENCE, item->at, "'%s' is not set in this policy", item->name);
    }
}

/* A limit of "max" limits nothing. */
static bool is_limited(const struct key_info *key, const struct value *v) {
    if (!v->set || v->origin->is_preset) return false;
    if (key->type == T_SIZE || key->type == T_COUNT || key->type == T_CPU) return v->num != RF_UNLIMITED;
    return v->count == 0 || rf_merge_count(v) > 0;
}

static void check_require(struct compile_context *c, const struct file *file) {
    const struct policy *p = &file->merged;
    for (size_t i = 0; i < p->require.count; i++) {
        const struct item *item = &p->require.items[i];
        const struct key_info *key = rf_bind_key_of(item->name);
        if (!key || is_limited(key, &p->all[key - rf_keys])) continue;
        const struct value *v = &p->all[key - rf_keys];
        struct diag *d =
            rf_diag(c->diags, D_REQUIRE_UNMET, v->set && !v->origin->is_preset ? v->at : rf_check_place(file),
                    "'%s' must be set, to a limit", item->name);
        rf_diag_other(c->diags, d, item->at, "required here");
    }
}

/* The value as an author would write it, for `is`. */
static const char *words(struct compile_context *c, const struct key_info *key, const struct value *v) {
    static const char *const kinds[] = {"new", "host", "join", "new"};
    if (!v->set) return "";
    switch (key->type) {
    case T_NAMESPACE: return kinds[v->num];
    case T_BOOL: return v->num ? "true" : "false";
    case T_INT: return rf_arena_printf(c->arena, "%" PRIu64, v->num);
    case T_SINT: return rf_arena_printf(c->arena, "%" PRId64, v->snum);
    case T_ENUM: return v->text;
    case T_TEXT:
    case T_TEMPLATE:
        return v->parameter ? rf_arena_printf(c->arena, "%s$(%s)%s", v->text, v->parameter, v->suffix) : v->text;
    case T_SIZE:
    case T_COUNT:
    case T_CPU: return v->num == RF_UNLIMITED ? "max" : "a limit";
    default: return NULL;
    }
}

static void broken(struct compile_context *c, const struct item *never, struct span at, const char *message) {
    struct diag *d = rf_diag(c->diags, D_NEVER_BROKEN, at, "%s", message);
    rf_diag_other(c->diags, d, never->at, "forbidden here");
}

static void check_never(struct compile_context *c, const struct file *file) {
    const struct policy *p = &file->merged;
    for (size_t i = 0; i < p->never.count; i++) {
        const struct item *never = &p->never.items[i];
        if (never->num == NEVER_CAPABILITY) {
            const struct item *has = rf_item_find(&p->capabilities, never->text);
            if (has && !has->gone)
                broken(c, never, has->at,
                       rf_arena_printf(c->arena, "the capability %s is never to be given", never->text));
        } else if (never->num == NEVER_KEY) {
            const struct key_info *key = rf_bind_key_of(never->text);
            const char *is = words(c, key, &p->all[key - rf_keys]);
            if (!is)
                rf_diag(c->diags, D_BAD_REFERENCE, never->at,
                        "'%s' is a list or a mapping: it cannot be compared with one value", never->text);
            else if (strcmp(is, never->other) == 0) {
                const struct value *v = &p->all[key - rf_keys];
                broken(c, never, v->origin->is_preset ? rf_check_place(file) : v->at,
                       rf_arena_printf(c->arena, "'%s' is never to be '%s'", never->text, is));
            }
        }
    }
}

void rf_check_seal(struct compile_context *c, const struct file *file) {
    check_optional(c, &file->merged);
    if (!rf_check_is_base(file)) {
        check_require(c, file);
        check_never(c, file);
    }
}

/* "socket(AF_VSOCK, *, ...)" as a condition on the call's arguments: "domain == AF_VSOCK". NULL text: every call. */
static const char *condition_of(struct compile_context *c, const struct rf_syscall *call, const char *arguments) {
    char *text = rf_arena_copy(c->arena, "", 0);
    const char *close = strrchr(arguments, ')');
    if (!close || close[1]) return NULL;
    unsigned n = 0;
    for (const char *a = arguments; a < close; n++) {
        size_t length = strcspn(a, ",)");
        const char *next = a + length + (a[length] == ',');
        while (length && *a == ' ') a++, length--;
        while (length && a[length - 1] == ' ') length--;
        bool any = (length == 1 && *a == '*') || (length == 3 && strncmp(a, "...", 3) == 0) || length == 0;
        if (!any) {
            if (n >= call->arg_count) return NULL;
            text = rf_arena_printf(c->arena, "%s%s%s == %.*s", text, *text ? " and " : "", call->args[n].name,
                                   (int)length, a);
        }
        a = next;
    }
    return text;
}

static void never_call(struct compile_context *c, const struct item *never, const struct rf_seccomp *filter) {
    const char *open = strchr(never->text, '(');
    size_t length = open ? (size_t)(open - never->text) : strlen(never->text);
    const struct rf_syscall *call = rf_syscall_find(never->text, length);
    if (!call) {
        rf_diag(c->diags, D_UNKNOWN_CALL, never->at, "unknown system call '%.*s'", (int)length, never->text);
        return;
    }
    const char *text = open ? condition_of(c, call, open + 1) : "";
    const struct rf_cond *where = NULL;
    struct rf_expr_error error = {0};
    if (text && *text) where = rf_expr_parse(c->arena, call, filter->machine, text, &error);
    if (!text || (*text && !where)) {
        struct diag *d =
            rf_diag(c->diags, D_BAD_CONDITION, never->at, "%s", text ? error.message : "arguments cannot be read");
        rf_diag_help(c->diags, d, "%s",
                     error.help ? error.help
                                : "write the call with values or '*' for its arguments: \"socket(AF_VSOCK, ...)\"");
        return;
    }
    struct rf_seccomp_data witness;
    if (call->number[filter->machine] < 0) return;
    if (!rf_policy_may_allow(c->arena, filter, (uint32_t)call->number[filter->machine], where, &witness)) return;
    broken(c, never, never->at,
           rf_arena_printf(c->arena, "the policy allows %s(0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 ", ...) on %s",
                           call->name, witness.args[0], witness.args[1], witness.args[2],
                           rf_machine_info[filter->machine].name));
}

void rf_check_never_calls(struct compile_context *c, const struct file *file, const struct rf_seccomp *filters,
                          size_t count) {
    const struct value *never = &file->merged.never;
    for (size_t i = 0; i < never->count; i++)
        for (size_t f = 0; f < count && never->items[i].num == NEVER_CALL; f++) {
            size_t before = rf_diags_errors(c->diags);
            never_call(c, &never->items[i], &filters[f]);
            if (rf_diags_errors(c->diags) != before) break; /* once per entry, not per machine */
        }
}
