/* SPDX-License-Identifier: Apache-2.0 */
/* optional, require and never: what a policy says about itself and about everything that extends it. */
#include "bind.h"
#include "check.h"
#include "merge.h"
#include "never_call.h"
#include "parameters.h"

#include <inttypes.h>
#include <string.h>

static bool has_member(const struct value *set, const char *name) {
    const struct item *item = rf_item_find(set, name);
    return item && !item->gone;
}

static void check_optional(struct compile_context *c, const struct policy *p) {
    for (size_t i = 0; i < p->optional.count; i++) {
        const struct item *item = &p->optional.items[i];
        const struct key_info *key = rf_keys_member(item->name);
        if (item->gone) continue;
        if (!key || !(key->flags & F_OPTIONAL)) {
            struct diag *d = rf_diag(c->diags, D_NOT_OPTIONAL, item->at, "'%s' cannot be optional", item->name);
            rf_diag_help(c->diags, d,
                         "only keys whose absence weakens nothing can be: process.pass_env.NAME, "
                         "process.oom_score_adj, process.listen_fds, process.notify_socket, resources.cpu.weight");
            continue;
        }
        const char *member = item->name + strlen(key->path);
        if (key->type == T_SET && !*member)
            rf_diag(c->diags, D_NOT_OPTIONAL, item->at, "name one member: '%s.NAME'", item->name);
        else if (!p->all[key - rf_keys].set || (*member && !has_member(&p->all[key - rf_keys], member + 1)))
            rf_diag(c->diags, D_BAD_REFERENCE, item->at, "'%s' is not set in this policy", item->name);
    }
}

/* A limit of "max" limits nothing. */
static bool is_limited(const struct key_info *key, const struct value *v) {
    if (!v->set || v->origin->is_preset) return false;
    if (key->type == T_SIZE || key->type == T_COUNT || key->type == T_CPU || key->type == T_DURATION)
        return v->num != RF_UNLIMITED;
    /* Of Landlock's lists an emptied one refuses everything, but for the scope, which is a list of what is refused. */
    if (key - rf_keys == K_landlock_connect || key - rf_keys == K_landlock_bind) return true;
    if (key - rf_keys == K_landlock_scope) return rf_merge_count(v) > 0;
    if (key - rf_keys == K_process_memory_deny_write_execute) return v->num != 0; /* false lets everything through */
    return v->count == 0 || rf_merge_count(v) > 0;
}

static void check_require(struct compile_context *c, const struct file *file) {
    const struct policy *p = &file->merged;
    for (size_t i = 0; i < p->require.count; i++) {
        const struct item *item = &p->require.items[i];
        const struct key_info *key = rf_keys_member(item->name);
        if (!key) continue;
        const struct value *v = &p->all[key - rf_keys];
        const char *member = item->name + strlen(key->path);
        if (is_limited(key, v) && (!*member || has_member(v, member + 1))) continue;
        struct diag *d =
            rf_diag(c->diags, D_REQUIRE_UNMET, v->set && !v->origin->is_preset ? v->at : rf_check_place(file),
                    "'%s' must be set, to a limit", item->name);
        rf_diag_other(c->diags, d, item->at, "required here");
    }
}

/* Whether the launch can make a template into this text. */
static bool may_become(const struct policy *p, const struct value *v, const char *text) {
    size_t n = strlen(text), before = strlen(v->text), after = strlen(v->suffix);
    const struct item *parameter = rf_parameter_find(p, v->parameter);
    if (n < before + after || strncmp(text, v->text, before) != 0 || strcmp(text + n - after, v->suffix) != 0)
        return false;
    if (!parameter || rf_parameter_type(parameter) != RF_PARAM_PATH)
        return rf_scalar_is_name(text + before, n - before - after);
    const struct value *under = &RF_FIELD(parameter, parameter, under);
    size_t m = under->set ? strlen(under->text) : 0;
    return !m || (strncmp(text, under->text, m) == 0 && (text[m] == '/' || m == 1));
}

/* Whether a key has, or may have at launch, the value that `never` forbids. */
static bool may_be(const struct policy *p, const struct key_info *key, const struct value *is) {
    struct value v = p->all[key - rf_keys];
    bool limit = key->type == T_SIZE || key->type == T_COUNT || key->type == T_CPU;
    if (!v.set && limit) return is->num == RF_UNLIMITED;
    if (key - rf_keys == K_process_init && !v.set) return (p->namespaces_pid.num == NS_NEW) == (is->num == 1);
    if (key - rf_keys == K_hostname && !v.set) v = p->name;
    if (!v.set) return false;
    if (v.parameter && (key->flags & F_PARAMETER)) {
        const struct item *parameter = rf_parameter_find(p, v.parameter);
        return parameter && is->num >= RF_FIELD(parameter, parameter, min).num &&
               is->num <= RF_FIELD(parameter, parameter, max).num;
    }
    if (v.parameter) return may_become(p, &v, is->text);
    if (key->type == T_NAMESPACE) return is->num == (v.num == NS_CUSTOM ? NS_NEW : v.num);
    if (key->type == T_TEXT || key->type == T_TEMPLATE) return strcmp(v.text, is->text) == 0;
    return rf_merge_same(key, &v, is);
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
            const struct key_info *key = rf_keys_value(never->text);
            const struct value *v = &p->all[key - rf_keys];
            if (!may_be(p, key, never->is)) continue;
            broken(c, never, v->set && !v->origin->is_preset ? v->at : rf_check_place(file),
                   rf_arena_printf(c->arena, "'%s' is never to be '%s'%s", never->text, never->other,
                                   v->set && v->parameter ? ", and a launch may make it so" : ""));
        } else if (p->seccomp_mode.set) {
            broken(c, never, p->seccomp_mode.at,
                   rf_arena_printf(c->arena, "without a filter every call is allowed, and %s is never to be",
                                   never->text));
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

/* Where the policy allows a call: to be shown. */
static struct span allowed_at(const struct file *file, const struct rf_syscall *call) {
    const struct policy *p = &file->merged;
    const struct item *item = rf_item_find(&p->seccomp_allow, call->name);
    if (item && !item->gone) return item->at;
    for (size_t i = 0; i < p->seccomp_rules.count; i++) {
        const struct item *rule = &p->seccomp_rules.items[i];
        if (!rule->gone && rf_check_rule_names(p, rule, call) && RF_FIELD(rule, rule, then).action.kind == RF_ACT_ALLOW)
            return rule->at;
    }
    return rf_check_place(file);
}

static void never_call(struct compile_context *c, const struct file *file, const struct item *never,
                       const struct rf_seccomp *filter) {
    struct never_call what;
    struct rf_expr_error error;
    const char *machine = rf_machine_info[filter->machine].name;
    if (!rf_never_call_parse(c->arena, never->text, filter->machine, false, &what, &error)) {
        struct diag *d = rf_diag(c->diags, D_BAD_CONDITION, never->at, "%s, on %s", error.message, machine);
        if (error.help) rf_diag_help(c->diags, d, "%s", error.help);
        return;
    }
    struct rf_seccomp_data witness;
    int32_t number = what.call->number[filter->machine];
    if (number < 0 || !rf_policy_may_allow(c->arena, filter, (uint32_t)number, what.where, &witness)) return;
    const char *arguments = rf_arena_copy(c->arena, "", 0);
    for (unsigned i = 0; i < rf_syscall_args(what.call, filter->machine)->count; i++)
        arguments = rf_arena_printf(c->arena, "%s%s0x%" PRIx64, arguments, i ? ", " : "", witness.args[i]);
    broken(c, never, allowed_at(file, what.call),
           rf_arena_printf(c->arena, "the policy allows %s(%s) on %s", what.call->name, arguments, machine));
}

void rf_check_never_calls(struct compile_context *c, const struct file *file, const struct rf_seccomp *filters,
                          size_t count) {
    const struct value *never = &file->merged.never;
    for (size_t i = 0; i < never->count; i++)
        for (size_t f = 0; f < count && never->items[i].num == NEVER_CALL; f++) {
            size_t before = rf_diags_errors(c->diags);
            for (const struct rf_seccomp *p = &filters[f]; p && rf_diags_errors(c->diags) == before; p = p->compat)
                never_call(c, file, &never->items[i], p);
            if (rf_diags_errors(c->diags) != before) break; /* once per entry, not per machine */
        }
}
