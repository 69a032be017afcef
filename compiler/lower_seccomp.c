/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp section, per machine: names to numbers, conditions to trees, then the generator. */
#include "check.h"
#include "lower.h"

#include <stdlib.h>
#include <string.h>

static const enum rf_section_type sections[RF_MACHINES] = {RF_FILTER_X86_64, RF_FILTER_AARCH64, RF_FILTER_RISCV64};

/* One rule of one call, with its place. */
struct placed {
    struct rf_rule rule;
    struct span at;
};

struct building {
    struct lower *l;
    enum rf_machine machine;
    const struct rf_syscall *call;
    struct placed rules[64];
    size_t count;
    bool named; /* by its own name, not only through a group */
    struct span named_at;
};

static void add_rule(struct building *b, const struct rf_cond *when, struct rf_action action, struct span at) {
    if (b->count == sizeof b->rules / sizeof *b->rules) {
        rf_diag(b->l->c->diags, D_TOO_MANY, at, "more than %zu rules for '%s'", b->count, b->call->name);
        return;
    }
    b->rules[b->count++] = (struct placed){{when, action}, at};
}

/* The call's entry in one action list, if it holds at the policy's kernel. */
static void add_listed(struct building *b, const struct value *list, struct rf_action action) {
    const struct item *item = rf_item_find(list, b->call->name);
    if (!item || item->gone) return;
    uint32_t kernel = (uint32_t)b->l->p->kernel.num;
    if (item->group && (item->since > kernel || b->call->since > kernel)) return;
    /* A base lists calls for machines and kernels of which the policy may leave some out; the policy itself does not. */
    if (!item->group && item->origin == b->l->file) b->named = true, b->named_at = item->at;
    add_rule(b, NULL, action, item->at);
}

static void add_conditional(struct building *b, const struct item *rule) {
    struct compile_context *c = b->l->c;
    const struct rf_cond *cond = rf_check_condition(c, rule, b->machine);
    if (rule->origin == b->l->file) b->named = true, b->named_at = RF_FIELD(rule, rule, call).at;
    if (!cond) return;
    if (RF_FIELD(rule, rule, unless).set) {
        struct rf_cond *inverse = RF_NEW(c->arena, struct rf_cond);
        inverse->kind = RF_COND_NOT;
        inverse->left = cond;
        cond = inverse;
    }
    add_rule(b, cond, RF_FIELD(rule, rule, then).action, rule->at);
}

static void collect(struct building *b) {
    const struct policy *p = b->l->p;
    add_listed(b, &p->seccomp_allow, (struct rf_action){RF_ACT_ALLOW, 0});
    add_listed(b, &p->seccomp_kill, (struct rf_action){RF_ACT_KILL, 0});
    for (size_t i = 0; i < p->seccomp_errno.count; i++)
        if (!p->seccomp_errno.items[i].gone)
            add_listed(b, p->seccomp_errno.items[i].fields,
                       (struct rf_action){RF_ACT_ERRNO, (uint32_t)p->seccomp_errno.items[i].num});
    for (size_t i = 0; i < p->seccomp_rules.count; i++)
        if (!p->seccomp_rules.items[i].gone &&
            strcmp(RF_FIELD(&p->seccomp_rules.items[i], rule, call).text, b->call->name) == 0)
            add_conditional(b, &p->seccomp_rules.items[i]);
}

static void check_conflict(struct building *b, const struct rf_seccomp *policy, const struct rf_call_rules *rules) {
    size_t first, second;
    struct rf_seccomp_data witness;
    if (!rf_policy_conflict(b->l->c->arena, policy, rules, &first, &second, &witness)) return;
    struct diag *d =
        rf_diag(b->l->c->diags, D_TWO_ERRNOS, b->rules[second].at,
                "'%s' gets errno(%s) here and errno(%s) elsewhere for the same arguments", b->call->name,
                rf_errno_name(b->rules[second].rule.action.error), rf_errno_name(b->rules[first].rule.action.error));
    rf_diag_other(b->l->c->diags, d, b->rules[first].at, "the other errno");
    rf_diag_help(b->l->c->diags, d, "for example %s(0x%llx, 0x%llx, 0x%llx, ...)", b->call->name,
                 (unsigned long long)witness.args[0], (unsigned long long)witness.args[1],
                 (unsigned long long)witness.args[2]);
}

static void check_newer(struct building *b) {
    uint32_t kernel = (uint32_t)b->l->p->kernel.num;
    if (!b->named || b->call->since <= kernel) return;
    struct diag *d = rf_diag(b->l->c->diags, D_NEWER_THAN_KERNEL, b->named_at,
                             "'%s' came with Linux %u.%u, the policy's kernel is v%u.%u", b->call->name,
                             b->call->since >> 16, b->call->since & 0xffff, kernel >> 16, kernel & 0xffff);
    rf_diag_other(b->l->c->diags, d, b->l->p->kernel.at, "the policy's kernel");
}

/* execve starts the program and exit_group reports a failed start: nothing may narrow them. */
static void check_start(struct building *b) {
    if (strcmp(b->call->name, "execve") != 0 && strcmp(b->call->name, "exit_group") != 0) return;
    bool allowed = false;
    for (size_t i = 0; i < b->count; i++) {
        allowed = allowed || (!b->rules[i].rule.when && b->rules[i].rule.action.kind == RF_ACT_ALLOW);
        if (b->rules[i].rule.action.kind == RF_ACT_ALLOW) continue;
        rf_diag(b->l->c->diags, D_CANNOT_START, b->rules[i].at, "'%s' must be allowed without condition",
                b->call->name);
        return;
    }
    if (allowed) return;
    struct diag *d =
        rf_diag(b->l->c->diags, D_CANNOT_START, b->l->p->seccomp_default.at, "'%s' is not allowed", b->call->name);
    rf_diag_help(b->l->c->diags, d,
                 "ringfence-run starts the program with execve and reports a failed start with exit_group: add both to "
                 "seccomp.allow");
}

/* The line that decides: of the strictest rule. */
static void note_call(struct building *b, uint32_t number) {
    size_t strictest = 0;
    for (size_t i = 1; i < b->count; i++)
        if (b->rules[i].rule.action.kind > b->rules[strictest].rule.action.kind) strictest = i;
    rf_lower_note(b->l, sections[b->machine], number, b->rules[strictest].at);
}

static int by_number(const void *pa, const void *pb) {
    const struct rf_call_rules *a = pa, *b = pb;
    return a->number < b->number ? -1 : a->number > b->number;
}

static void lower_machine(struct lower *l, enum rf_machine machine) {
    struct rf_arena *arena = l->c->arena;
    struct rf_seccomp *policy = &l->filters[l->filter_count].policy;
    *policy = (struct rf_seccomp){
        machine, (uint32_t)l->p->kernel.num, l->p->seccomp_default.action, l->p->seccomp_unknown.action, NULL, 0, NULL,
        NULL};
    struct rf_call_rules *calls = rf_arena_alloc(arena, rf_syscall_count * sizeof *calls);
    struct building *b = RF_NEW(arena, struct building);
    for (size_t i = 0; i < rf_syscall_count; i++) {
        *b = (struct building){.l = l, .machine = machine, .call = &rf_syscalls[i]};
        if (b->call->number[machine] < 0) continue;
        collect(b);
        check_newer(b);
        check_start(b);
        if (!b->count || b->call->since > policy->kernel) continue;
        struct rf_rule *rules = rf_arena_alloc(arena, b->count * sizeof *rules);
        for (size_t r = 0; r < b->count; r++) rules[r] = b->rules[r].rule;
        struct rf_call_rules entry = {(uint32_t)b->call->number[machine], rules, b->count};
        check_conflict(b, policy, &entry);
        note_call(b, entry.number);
        calls[policy->count++] = entry;
    }
    qsort(calls, policy->count, sizeof *calls, by_number);
    policy->calls = calls;
    rf_lower_note(l, sections[machine], RF_NONE, l->p->seccomp_default.at);
    l->filter_count++;
}

/* Calls named outright that none of the policy's machines has. */
static void check_call_on_arch(struct lower *l, const char *name, struct span at) {
    const struct rf_syscall *call = rf_syscall_find(name, strlen(name));
    for (size_t a = 0; a < l->p->arch.count; a++)
        if (call->number[l->p->arch.items[a].num] >= 0) return;
    struct diag *d = rf_diag(l->c->diags, D_NOT_ON_ARCH, at, "none of the policy's machines has the call '%s'", name);
    rf_diag_other(l->c->diags, d, l->p->arch.at, "the policy's machines");
}

static void check_on_arch(struct lower *l, const struct value *list) {
    for (size_t i = 0; i < list->count; i++) {
        const struct item *item = &list->items[i];
        if (!item->gone && !item->group && item->origin == l->file) check_call_on_arch(l, item->name, item->at);
    }
}

static void check_rules_on_arch(struct lower *l) {
    const struct value *rules = &l->p->seccomp_rules;
    for (size_t i = 0; i < rules->count; i++) {
        const struct item *rule = &rules->items[i];
        if (!rule->gone && rule->origin == l->file)
            check_call_on_arch(l, RF_FIELD(rule, rule, call).text, RF_FIELD(rule, rule, call).at);
    }
}

static void generate(struct lower *l, struct lowered_filter *filter) {
    filter->insns = rf_arena_alloc(l->c->arena, RF_FILTER_MAX * sizeof *filter->insns);
    filter->count = rf_gen(l->c->arena, &filter->policy, filter->insns);
    if (!filter->count) {
        rf_diag(l->c->diags, D_FILTER_TOO_LONG, l->p->seccomp_default.at,
                "the filter for %s needs more than %u instructions", rf_machine_info[filter->policy.machine].name,
                RF_FILTER_MAX);
        return;
    }
    enum rf_section_type section = sections[filter->policy.machine];
    l->plan.records[section] = filter->insns;
    l->plan.count[section] = (uint32_t)filter->count;
}

void rf_lower_seccomp(struct lower *l) {
    const struct policy *p = l->p;
    if (p->seccomp_mode.set) return;
    check_on_arch(l, &p->seccomp_allow);
    check_on_arch(l, &p->seccomp_kill);
    check_rules_on_arch(l);
    for (size_t i = 0; i < p->seccomp_errno.count; i++)
        if (!p->seccomp_errno.items[i].gone) check_on_arch(l, p->seccomp_errno.items[i].fields);
    for (size_t i = 0; i < p->arch.count; i++) lower_machine(l, (enum rf_machine)p->arch.items[i].num);
    if (rf_diags_errors(l->c->diags)) return;
    for (size_t i = 0; i < l->filter_count; i++) generate(l, &l->filters[i]);
    struct rf_seccomp policies[RF_MACHINES];
    for (size_t i = 0; i < l->filter_count; i++) policies[i] = l->filters[i].policy;
    if (!rf_diags_errors(l->c->diags)) rf_check_never_calls(l->c, l->file, policies, l->filter_count);
}
