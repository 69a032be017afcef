/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp section, per machine: names to numbers, conditions to trees, then the generator. */
#include "check.h"
#include "lower.h"

#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

static const enum rf_section_type sections[RF_MACHINES] = {RF_FILTER_X86_64, RF_FILTER_AARCH64, RF_FILTER_RISCV64};

enum rf_section_type rf_lower_section(enum rf_machine machine) {
    return sections[machine];
}

struct building {
    struct lower *l;
    enum rf_machine abi;
    const struct rf_syscall *call;
    struct rf_rule rules[64]; /* with their origin: struct rule_origin */
    size_t count;
    bool named; /* by its own name, not only through a group */
    struct span named_at;
};

static struct span place_of(const struct rf_rule *rule) {
    return ((const struct rule_origin *)rule->origin)->at;
}

static void add_rule(struct building *b, const struct rf_cond *when, struct rf_action action, struct rule_origin from) {
    if (b->count == sizeof b->rules / sizeof *b->rules) {
        rf_diag(b->l->c->diags, D_TOO_MANY, from.at, "more than %zu rules for '%s'", b->count, b->call->name);
        return;
    }
    struct rule_origin *origin = RF_NEW(b->l->c->arena, struct rule_origin);
    *origin = from;
    b->rules[b->count++] = (struct rf_rule){when, action, origin};
}

/* The call's entry in one action list, if it holds at the policy's kernel. */
static void add_listed(struct building *b, const struct action_list *list) {
    const struct item *item = rf_item_find(list->calls, b->call->name);
    if (!item || item->gone) return;
    uint32_t kernel = (uint32_t)b->l->p->kernel.num;
    if (item->group && (item->since > kernel || b->call->since > kernel)) return;
    /* A base lists calls for machines and kernels of which the policy may leave some out; the policy itself does not. */
    if (!item->group && item->origin == b->l->file) b->named = true, b->named_at = item->at;
    bool judged = !item->group && item->origin == b->l->file;
    add_rule(b, NULL, list->action, (struct rule_origin){item->at, list->key, judged, NULL});
}

static void add_from_rule(struct building *b, const struct item *rule) {
    const struct policy *p = b->l->p;
    const struct rf_cond *cond;
    if (rule->gone || !rf_check_rule_names(p, rule, b->call) || !rf_check_given(p, rule, b->abi)) return;
    const struct value *one = &RF_FIELD(rule, rule, call);
    const struct item *item = one->set ? NULL : rf_item_find(&RF_FIELD(rule, rule, calls), b->call->name);
    if (item && item->group && b->call->since > p->kernel.num) return;
    if (rule->origin == b->l->file && (!item || !item->group)) b->named = true, b->named_at = item ? item->at : one->at;
    if (!rf_check_condition(b->l->c, rule, b->call, b->abi, &cond)) return;
    bool judged = rule->origin == b->l->file && !RF_FIELD(rule, rule, given).set && (!item || !item->group);
    const char *key = rf_arena_printf(b->l->c->arena, "rule %s", rule->name);
    add_rule(b, cond, RF_FIELD(rule, rule, then).action, (struct rule_origin){rule->at, key, judged, rule});
}

static void collect(struct building *b) {
    const struct policy *p = b->l->p;
    struct action_list list;
    for (size_t i = 0; rf_policy_list(p, i, &list); i++) add_listed(b, &list);
    for (size_t i = 0; i < p->seccomp_rules.count; i++) add_from_rule(b, &p->seccomp_rules.items[i]);
}

static void check_conflict(struct building *b, const struct rf_seccomp *policy, const struct rf_call_rules *rules) {
    size_t first, second;
    struct rf_seccomp_data witness;
    if (!rf_policy_conflict(b->l->c->arena, policy, rules, &first, &second, &witness)) return;
    struct diag *d = rf_diag(b->l->c->diags, D_TWO_ERRNOS, place_of(&b->rules[second]),
                             "'%s' gets errno(%s) here and errno(%s) elsewhere for the same arguments", b->call->name,
                             rf_errno_name(b->rules[second].action.error), rf_errno_name(b->rules[first].action.error));
    rf_diag_other(b->l->c->diags, d, place_of(&b->rules[first]), "the other errno");
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
        allowed = allowed || (!b->rules[i].when && b->rules[i].action.kind == RF_ACT_ALLOW);
        if (b->rules[i].action.kind == RF_ACT_ALLOW) continue;
        rf_diag(b->l->c->diags, D_CANNOT_START, place_of(&b->rules[i]), "'%s' must be allowed without condition",
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

/* While such a call waits for its answer, the process that makes it is not running yet, or ends. */
static void check_notified(struct building *b) {
    static const char *const never[] = {"execve", "execveat", "exit_group"};
    for (size_t i = 0; i < b->count; i++)
        for (size_t k = 0; k < sizeof never / sizeof *never; k++)
            if (b->rules[i].action.kind == RF_ACT_NOTIFY && strcmp(never[k], b->call->name) == 0)
                rf_diag(b->l->c->diags, D_CANNOT_START, place_of(&b->rules[i]),
                        "'%s' cannot be notified: the launch itself makes it", b->call->name);
}

uint32_t rf_lower_call_index(enum rf_machine abi, uint32_t number) {
    bool own_word = rf_machine_info[abi].audit_arch != rf_machine_info[rf_machine_info[abi].carrier].audit_arch;
    return own_word ? number | RF_MAP_COMPAT : number;
}

/* The line behind each answer that the call can get. */
static void note_call(struct building *b, uint32_t number) {
    for (size_t i = 0; i < b->count; i++)
        rf_lower_note_action(b->l, sections[rf_machine_info[b->abi].carrier], rf_lower_call_index(b->abi, number),
                             rf_action_ret(b->rules[i].action), place_of(&b->rules[i]));
}

static int by_number(const void *pa, const void *pb) {
    const struct rf_call_rules *a = pa, *b = pb;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* ---- calls that lead to others ---- */

struct multiplexed {
    const char *multiplexer, *call;
};
static const struct multiplexed multiplexed[] = {
#define MULTIPLEXED(multiplexer, call) {multiplexer, call},
#include "tables/names.def"
};

/* The least strict action that some input of the call may get, and whether some input may get a stricter one than
 * `kind`. Past a rule without condition the default is never reached. */
static enum rf_action_kind weakest(const struct building *b, struct rf_action fallback) {
    enum rf_action_kind least = RF_ACT_KILL;
    bool always = false;
    for (size_t i = 0; i < b->count; i++) {
        always = always || !b->rules[i].when;
        if (b->rules[i].action.kind < least) least = b->rules[i].action.kind;
    }
    return !always && fallback.kind < least ? fallback.kind : least;
}

static bool narrows(const struct building *b, struct rf_action fallback, enum rf_action_kind kind) {
    bool always = false;
    for (size_t i = 0; i < b->count; i++) {
        always = always || !b->rules[i].when;
        if (b->rules[i].action.kind > kind) return true;
    }
    return !always && fallback.kind > kind;
}

/* A filter sees which socket call socketcall(2) is to make, but not its arguments: so it is let through only where
 * the policy lets all of these calls through, with a number of their own or not. Otherwise it is as if it had not
 * been listed. */
static void shut_multiplexer(struct building *b, const struct rf_seccomp *policy) {
    enum rf_action_kind kind = weakest(b, policy->fallback);
    const char *round = NULL;
    for (size_t m = 0; m < sizeof multiplexed / sizeof *multiplexed && kind < RF_ACT_ERRNO && !round; m++) {
        if (strcmp(multiplexed[m].multiplexer, b->call->name) != 0) continue;
        struct building *behind = RF_NEW(b->l->c->arena, struct building);
        *behind = (struct building){.l = b->l, .abi = b->abi};
        behind->call = rf_syscall_find(multiplexed[m].call, strlen(multiplexed[m].call));
        if (!behind->call) continue;
        collect(behind);
        if (narrows(behind, policy->fallback, kind)) round = multiplexed[m].call;
    }
    if (!round) return;
    b->count = 0;
    if (policy->fallback.kind < RF_ACT_ERRNO) /* learning: not listed would be allowed */
        add_rule(b, NULL, (struct rf_action){RF_ACT_ERRNO, rf_errno_find("ENOSYS", 6)},
                 (struct rule_origin){b->l->p->seccomp_default.at, "seccomp.default", false, NULL});
    if (!b->named) return;
    struct diag *d = rf_diag(b->l->c->diags, D_MULTIPLEXER, b->named_at,
                             "'%s' of %s would be a way round what the policy says about '%s'", b->call->name,
                             rf_machine_info[b->abi].name, round);
    rf_diag_help(b->l->c->diags, d, "leave it out: since Linux 5.1 every call behind it has a number of its own there");
}

/* ---- one ABI ---- */

static void lower_call(struct building *b, struct rf_seccomp *policy, struct rf_call_rules *calls) {
    collect(b);
    check_newer(b);
    if (b->abi < RF_MACHINES) check_start(b); /* the enforcer makes its calls as its machine does */
    check_notified(b);
    shut_multiplexer(b, policy);
    if (!b->count || b->call->since > policy->kernel) return;
    struct rf_rule *rules = rf_arena_alloc(b->l->c->arena, b->count * sizeof *rules);
    memcpy(rules, b->rules, b->count * sizeof *rules);
    struct rf_call_rules entry = {(uint32_t)b->call->number[b->abi], rules, b->count};
    check_conflict(b, policy, &entry);
    note_call(b, entry.number);
    calls[policy->count++] = entry;
}

static void lower_abi(struct lower *l, enum rf_machine abi, struct rf_seccomp *policy) {
    struct rf_call_rules *calls = rf_arena_alloc(l->c->arena, rf_syscall_count * sizeof *calls);
    struct building *b = RF_NEW(l->c->arena, struct building);
    *policy = (struct rf_seccomp){.machine = abi,
                                  .kernel = (uint32_t)l->p->kernel.num,
                                  .fallback = l->p->seccomp_default.action,
                                  .unknown = l->p->seccomp_unknown.action,
                                  .calls = calls,
                                  .hot = l->c->hot};
    for (size_t i = 0; i < rf_syscall_count; i++) {
        *b = (struct building){.l = l, .abi = abi, .call = &rf_syscalls[i]};
        if (b->call->number[abi] >= 0) lower_call(b, policy, calls);
    }
    qsort(calls, policy->count, sizeof *calls, by_number);
}

static void lower_machine(struct lower *l, enum rf_machine machine) {
    struct rf_seccomp *policy = &l->filters[l->filter_count++].policy;
    lower_abi(l, machine, policy);
    const struct rf_seccomp *compat = NULL;
    for (size_t i = l->p->compat.count; i-- > 0;) {
        enum rf_machine abi = (enum rf_machine)l->p->compat.items[i].num;
        if (rf_machine_info[abi].carrier != machine) continue;
        struct rf_seccomp *further = RF_NEW(l->c->arena, struct rf_seccomp);
        lower_abi(l, abi, further);
        further->compat = compat;
        compat = further;
    }
    policy->compat = compat;
    rf_lower_note_action(l, sections[machine], RF_NONE, rf_action_ret(policy->fallback), l->p->seccomp_default.at);
    rf_lower_note_action(l, sections[machine], RF_MAP_UNKNOWN, rf_action_ret(policy->unknown),
                         l->p->seccomp_unknown.at);
}

/* Calls named outright that none of the policy's machines has. */
static void check_call_on_arch(struct lower *l, const char *name, struct span at) {
    const struct rf_syscall *call = rf_syscall_find(name, strlen(name));
    enum rf_machine abis[RF_ABIS];
    for (size_t a = rf_policy_abis(l->p, abis); a-- > 0;)
        if (call->number[abis[a]] >= 0) return;
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
        enum rf_machine abis[RF_ABIS];
        bool holds = false;
        for (size_t a = rf_policy_abis(l->p, abis); a-- > 0;) holds = holds || rf_check_given(l->p, rule, abis[a]);
        if (rule->gone || rule->origin != l->file || !holds) continue;
        check_on_arch(l, &RF_FIELD(rule, rule, calls));
        if (RF_FIELD(rule, rule, call).set)
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

/* The socket goes into the blob when a filter notifies: rules that `given` leaves out may be all that would. */
static void lower_notify(struct lower *l) {
    struct rf_confine *confine = (struct rf_confine *)(uintptr_t)l->plan.records[RF_CONFINE];
    bool notifies = false;
    for (size_t f = 0; f < l->filter_count; f++)
        for (size_t i = 0; i < l->filters[f].count; i++)
            notifies = notifies || (l->filters[f].insns[i].code == (BPF_RET | BPF_K) &&
                                    l->filters[f].insns[i].k == SECCOMP_RET_USER_NOTIF);
    if (!notifies) return;
    confine->notify_socket = rf_lower_text(l, &l->p->seccomp_notify_socket);
    RF_LOWER_NOTE_FIELD(l, CONFINE, struct rf_confine, notify_socket, &l->p->seccomp_notify_socket);
}

void rf_lower_seccomp(struct lower *l) {
    const struct policy *p = l->p;
    if (p->seccomp_mode.set) {
        rf_check_expect(l->c, l->file, NULL, 0);
        return;
    }
    struct action_list list;
    for (size_t i = 0; rf_policy_list(p, i, &list); i++) check_on_arch(l, list.calls);
    check_rules_on_arch(l);
    for (size_t i = 0; i < p->arch.count; i++) lower_machine(l, (enum rf_machine)p->arch.items[i].num);
    if (rf_diags_errors(l->c->diags)) return;
    for (size_t i = 0; i < l->filter_count; i++) generate(l, &l->filters[i]);
    struct rf_seccomp policies[RF_MACHINES];
    for (size_t i = 0; i < l->filter_count; i++) policies[i] = l->filters[i].policy;
    if (rf_diags_errors(l->c->diags)) return;
    lower_notify(l);
    rf_check_expect(l->c, l->file, l->filters, l->filter_count);
    rf_check_never_calls(l->c, l->file, policies, l->filter_count);
    rf_check_rules(l);
    if (!rf_diags_errors(l->c->diags)) rf_check_habits(l);
}
