/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp section as far as it can be judged before it is lowered: rules and their conditions. */
#include "check.h"

#include <string.h>

/* Whether a rule is about an ABI at all, whatever the finished policy is. */
static bool is_for(const struct item *rule, enum rf_machine abi) {
    const struct value *given = &RF_FIELD(rule, rule, given);
    if (!given->set || !RF_FIELD(given->items, given, arch).set) return true;
    const struct value *arch = &RF_FIELD(given->items, given, arch);
    for (size_t i = 0; i < arch->count; i++)
        if (arch->items[i].num == abi) return true;
    return false;
}

bool rf_check_given(const struct policy *p, const struct item *rule, enum rf_machine abi) {
    const struct value *given = &RF_FIELD(rule, rule, given);
    if (!given->set) return true;
    const struct value *all = &RF_FIELD(given->items, given, capability),
                       *none = &RF_FIELD(given->items, given, no_capability),
                       *kernel = &RF_FIELD(given->items, given, kernel);
    for (size_t i = 0; i < all->count; i++) {
        const struct item *has = rf_item_find(&p->capabilities, all->items[i].name);
        if (!has || has->gone) return false;
    }
    for (size_t i = 0; i < none->count; i++) {
        const struct item *has = rf_item_find(&p->capabilities, none->items[i].name);
        if (has && !has->gone) return false;
    }
    return is_for(rule, abi) && (!kernel->set || p->kernel.num >= kernel->num);
}

bool rf_check_rule_names(const struct policy *p, const struct item *rule, const struct rf_syscall *call) {
    const struct value *one = &RF_FIELD(rule, rule, call), *several = &RF_FIELD(rule, rule, calls);
    if (one->set) return strcmp(one->text, call->name) == 0;
    const struct item *item = rf_item_find(several, call->name);
    return item && (!item->group || !p->kernel.set || item->since <= p->kernel.num);
}

/* A place inside the text of a condition, when the text stands in the file as it is. */
static struct span inside(const struct value *v, uint32_t start, uint32_t end) {
    struct span at = v->at;
    if (v->indent == RF_INEXACT || at.line != at.end_line) return at;
    at.column += v->indent + start;
    at.end_column = v->at.column + v->indent + end;
    return at;
}

/* The text under `when` or `unless`; NULL if there is neither. */
static const struct value *condition_of(const struct item *rule) {
    const struct value *when = &RF_FIELD(rule, rule, when), *unless = &RF_FIELD(rule, rule, unless);
    return when->set ? when : unless->set ? unless : NULL;
}

static void report(struct compile_context *c, const struct item *rule, const struct value *text,
                   const struct rf_syscall *call, const struct rf_expr_error *error) {
    const char *of = RF_FIELD(rule, rule, calls).set ? rf_arena_printf(c->arena, ", for '%s'", call->name) : "";
    struct span at = inside(text, error->start, error->end);
    struct diag *d = rf_diag(c->diags, D_BAD_CONDITION, at, "%s%s", error->message, of);
    if (error->help) rf_diag_label(c->diags, d, "%s", error->help);
}

bool rf_check_condition(struct compile_context *c, const struct item *rule, const struct rf_syscall *call,
                        enum rf_machine abi, const struct rf_cond **cond) {
    struct rf_expr_error error = {0};
    const struct value *text = condition_of(rule);
    *cond = text ? rf_expr_parse(c->arena, call, abi, text->text, &error) : NULL;
    if (text && !*cond) {
        report(c, rule, text, call, &error);
        return false;
    }
    if (text && RF_FIELD(rule, rule, unless).set) {
        struct rf_cond *inverse = RF_NEW(c->arena, struct rf_cond);
        inverse->kind = RF_COND_NOT;
        inverse->left = *cond;
        *cond = inverse;
    }
    return true;
}

/* On each ABI of the policy that has the call and is the rule's; on one at least where there is none. */
static bool check_call_condition(struct compile_context *c, const struct policy *p, const struct item *rule,
                                 const struct rf_syscall *call) {
    enum rf_machine abis[RF_ABIS];
    const struct rf_cond *cond;
    struct rf_expr_error error = {0};
    size_t count = rf_policy_abis(p, abis), judged = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_for(rule, abis[i])) continue;
        judged++;
        if (call->number[abis[i]] >= 0 && !rf_check_condition(c, rule, call, abis[i], &cond)) return false;
    }
    const struct value *text = condition_of(rule);
    if (judged || !text) return true;
    for (unsigned m = 0; m < RF_ABIS; m++)
        if (is_for(rule, (enum rf_machine)m) && rf_expr_parse(c->arena, call, (enum rf_machine)m, text->text, &error))
            return true;
    report(c, rule, text, call, &error);
    return false;
}

static void check_allowed_anyway(struct compile_context *c, const struct policy *p, const struct item *rule,
                                 const struct rf_syscall *call) {
    const struct item *allowed = rf_item_find(&p->seccomp_allow, call->name);
    if (RF_FIELD(rule, rule, then).action.kind != RF_ACT_ALLOW || !allowed || allowed->gone ||
        (allowed->group && p->kernel.set && allowed->since > p->kernel.num) || RF_FIELD(rule, rule, given).set)
        return;
    struct diag *d =
        rf_diag(c->diags, D_ALLOWED_ANYWAY, rule->at, "'%s' is allowed outright: this rule adds nothing", call->name);
    rf_diag_other(c->diags, d, allowed->at, "allowed here");
    rf_diag_help(c->diags, d, "to narrow it write {unless: CONDITION, then: errno(EPERM)}, or take it out of allow");
}

/* What a rule must say, whatever it says. */
static bool check_form(struct compile_context *c, const struct item *rule) {
    bool when = RF_FIELD(rule, rule, when).set, unless = RF_FIELD(rule, rule, unless).set;
    bool one = RF_FIELD(rule, rule, call).set, several = RF_FIELD(rule, rule, calls).set;
    if (one == several) {
        rf_diag(c->diags, one ? D_BAD_ENTRY : D_MISSING_FIELD, rule->at,
                "a rule has exactly one of 'call' and 'calls'");
        return false;
    }
    if (when && unless) {
        rf_diag(c->diags, D_BAD_ENTRY, rule->at, "a rule has at most one of 'when' and 'unless'");
        return false;
    }
    if (when || unless || RF_FIELD(rule, rule, given).set) return true;
    struct diag *d =
        rf_diag(c->diags, D_MISSING_FIELD, rule->at, "a rule has a condition: 'when', 'unless' or 'given'");
    rf_diag_help(c->diags, d, "without one the call belongs under seccomp.allow, errno, kill, log or notify");
    return false;
}

static void check_rule(struct compile_context *c, const struct policy *p, const struct item *rule) {
    if (!check_form(c, rule)) return;
    for (size_t i = 0; i < rf_syscall_count; i++) {
        const struct rf_syscall *call = &rf_syscalls[i];
        if (!rf_check_rule_names(p, rule, call)) continue;
        if (!check_call_condition(c, p, rule, call)) return;
        check_allowed_anyway(c, p, rule, call);
    }
}

/* compat speaks of machines that the policy has. */
static void check_compat(struct compile_context *c, const struct policy *p) {
    for (size_t i = 0; i < p->compat.count && p->arch.set; i++) {
        const struct rf_machine_info *abi = &rf_machine_info[p->compat.items[i].num];
        const char *carrier = rf_machine_info[abi->carrier].name;
        if (rf_item_find(&p->arch, carrier)) continue;
        struct diag *d = rf_diag(c->diags, D_CONTRADICTION, p->compat.items[i].at,
                                 "'%s' is judged by the filter of %s, for which the policy is not", abi->name, carrier);
        rf_diag_other(c->diags, d, p->arch.at, "the policy's machines");
    }
}

/* A socket without a call that goes to it is a slip; the other way round nothing could be decided. */
static void check_notify(struct compile_context *c, const struct policy *p) {
    const struct value *calls = &p->seccomp_notify_calls, *socket = &p->seccomp_notify_socket;
    const struct span *notified = NULL;
    for (size_t i = 0; i < calls->count && !notified; i++)
        if (!calls->items[i].gone) notified = &calls->items[i].at;
    for (size_t i = 0; i < p->seccomp_rules.count && !notified; i++) {
        const struct item *rule = &p->seccomp_rules.items[i];
        if (!rule->gone && RF_FIELD(rule, rule, then).action.kind == RF_ACT_NOTIFY) notified = &rule->at;
    }
    if (notified && !socket->set) {
        struct diag *d = rf_diag(c->diags, D_MISSING_FIELD, *notified, "'seccomp.notify.socket' is missing");
        rf_diag_help(c->diags, d, "name the socket of the process that decides: notify: {socket: /run/judge.sock}");
    }
    if (socket->set && !notified && !socket->origin->is_preset)
        rf_diag(c->diags, D_CONTRADICTION, socket->at, "no call is notified over this socket");
}

static void check_none(struct compile_context *c, const struct policy *p) {
    const struct value *parts[] = {&p->seccomp_default, &p->seccomp_allow,        &p->seccomp_log,
                                   &p->seccomp_kill,    &p->seccomp_errno,        &p->seccomp_rules,
                                   &p->compat,          &p->seccomp_notify_calls, &p->seccomp_notify_socket};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i]->set) continue;
        struct diag *d = rf_diag(c->diags, D_NO_SECCOMP_BESIDE, p->seccomp_mode.at,
                                 "seccomp is none, yet a filter is stated or inherited");
        rf_diag_other(c->diags, d, parts[i]->at, "part of a filter");
        return;
    }
}

void rf_check_seccomp(struct compile_context *c, const struct file *file) {
    const struct policy *p = &file->merged;
    if (p->seccomp_mode.set) check_none(c, p);
    for (size_t i = 0; i < p->seccomp_rules.count; i++)
        if (!p->seccomp_rules.items[i].gone) check_rule(c, p, &p->seccomp_rules.items[i]);
    check_compat(c, p);
    if (!rf_check_is_base(file)) check_notify(c, p);
    if (!p->seccomp_default.set || p->seccomp_default.action.kind != RF_ACT_LOG || rf_check_is_base(file)) return;
    struct diag *d = rf_diag(c->diags, D_LOG_DEFAULT, p->seccomp_default.at,
                             "every call that is not listed is allowed: this is for learning only");
    rf_diag_help(c->diags, d, "the calls are in the audit log; list them and write errno(EPERM) here");
}
