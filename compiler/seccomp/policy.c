/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy by its meaning, over a region of inputs.  Written from the meaning alone: nothing here is
 * used by the generator, nor the other way round.
 */
#include "prove.h"

#include <linux/seccomp.h>
#include <stdlib.h>

/* Words of an argument: the one that holds its low half, then its high half. */
static uint32_t low_word(const struct rf_cond *c) {
    return RF_AT_ARGS + 2u * c->argument;
}

struct ask { /* what every question about a region needs */
    struct rf_worklist *work;
    struct rf_region *region;
};

static bool ask(struct ask a, enum rf_test_kind kind, uint32_t word, uint32_t mask, uint32_t k) {
    return rf_region_decide(a.work, a.region, (struct rf_test){kind, word, mask, k});
}

static uint32_t low_mask(const struct rf_cond *c) {
    return c->width == 16 ? 0xffffu : UINT32_MAX;
}

static bool equals(struct ask a, const struct rf_cond *c, uint64_t value) {
    if (c->width == 64 && !ask(a, RF_TEST_EQ, low_word(c) + 1, UINT32_MAX, (uint32_t)(value >> 32))) return false;
    return ask(a, RF_TEST_EQ, low_word(c), low_mask(c), (uint32_t)value & low_mask(c));
}

static bool unsigned_at_least(struct ask a, const struct rf_cond *c, uint64_t value) {
    if (c->width == 64) {
        uint32_t high = (uint32_t)(value >> 32);
        if (!ask(a, RF_TEST_GE, low_word(c) + 1, UINT32_MAX, high)) return false;
        if (!ask(a, RF_TEST_EQ, low_word(c) + 1, UINT32_MAX, high)) return true;
    }
    return ask(a, RF_TEST_GE, low_word(c), low_mask(c), (uint32_t)value & low_mask(c));
}

static bool negative(struct ask a, const struct rf_cond *c) {
    if (c->width == 16) return ask(a, RF_TEST_SET, low_word(c), 0xffffu, 0x8000u);
    return ask(a, RF_TEST_GE, low_word(c) + (c->width == 64), UINT32_MAX, 0x80000000u);
}

/* The argument is >= value, in the argument's own order.  Two numbers of one sign compare like their
 * two's complement bits; otherwise the negative one is less. */
static bool at_least(struct ask a, const struct rf_cond *c, uint64_t value) {
    if (c->is_signed) {
        bool value_negative = value >> (c->width - 1) & 1, argument_negative = negative(a, c);
        if (value_negative != argument_negative) return value_negative;
    }
    return unsigned_at_least(a, c, value);
}

static bool more_than(struct ask a, const struct rf_cond *c, uint64_t value) {
    return at_least(a, c, value) && !equals(a, c, value);
}

static bool any_bit(struct ask a, const struct rf_cond *c) {
    if (c->width == 64 && ask(a, RF_TEST_SET, low_word(c) + 1, UINT32_MAX, (uint32_t)(c->mask >> 32))) return true;
    return ask(a, RF_TEST_SET, low_word(c), low_mask(c), (uint32_t)c->mask);
}

static bool bits_equal(struct ask a, const struct rf_cond *c) {
    uint32_t high_mask = (uint32_t)(c->mask >> 32), low = (uint32_t)c->mask & low_mask(c);
    if (c->width == 64 && !ask(a, RF_TEST_EQ, low_word(c) + 1, high_mask, (uint32_t)(c->value >> 32))) return false;
    return ask(a, RF_TEST_EQ, low_word(c), low, (uint32_t)c->value & low_mask(c));
}

static bool true_of(struct ask a, const struct rf_cond *c) {
    switch (c->kind) {
    case RF_COND_AND: return true_of(a, c->left) && true_of(a, c->right);
    case RF_COND_OR: return true_of(a, c->left) || true_of(a, c->right);
    case RF_COND_NOT: return !true_of(a, c->left);
    case RF_COND_EQ: return equals(a, c, c->value);
    case RF_COND_NE: return !equals(a, c, c->value);
    case RF_COND_LT: return !at_least(a, c, c->value);
    case RF_COND_LE: return !more_than(a, c, c->value);
    case RF_COND_GT: return more_than(a, c, c->value);
    case RF_COND_GE: return at_least(a, c, c->value);
    case RF_COND_RANGE: return at_least(a, c, c->value) && !more_than(a, c, c->high);
    case RF_COND_BITS: return any_bit(a, c);
    case RF_COND_BITS_EQ: return bits_equal(a, c);
    case RF_COND_BITS_NE: return !bits_equal(a, c);
    }
    return false;
}

/* Of two errno actions the one with the smaller value counts as stricter: such a policy is refused
 * (rf_policy_conflict), but whatever is proven must not depend on the order of writing. */
static bool stricter(struct rf_action a, struct rf_action b) {
    if (a.kind != b.kind) return a.kind > b.kind;
    return a.kind == RF_ACT_ERRNO && a.error < b.error;
}

/* Where it stands is kept in the region: what is cut off goes on from there, not from the start. */
static struct rf_action answer_of(struct ask a, const struct rf_call_rules *call, struct rf_action otherwise) {
    struct rf_region *r = a.region;
    /* strictest kind first, so that a kill is found without looking at the conditions of the others */
    for (; r->kind >= RF_ACT_ALLOW; r->kind--, r->rule = 0) {
        for (; r->rule < call->count; r->rule++) {
            const struct rf_rule *rule = &call->rules[r->rule];
            if ((int)rule->action.kind != r->kind || (r->best && !stricter(rule->action, r->best->action))) continue;
            if (!rule->when || true_of(a, rule->when)) r->best = rule;
        }
        if (r->best) return r->best->action;
    }
    return otherwise;
}

static uint32_t word_of(struct rf_action action) {
    static const uint32_t words[] = {[RF_ACT_ALLOW] = SECCOMP_RET_ALLOW,
                                     [RF_ACT_LOG] = SECCOMP_RET_LOG,
                                     [RF_ACT_NOTIFY] = SECCOMP_RET_USER_NOTIF,
                                     [RF_ACT_ERRNO] = SECCOMP_RET_ERRNO,
                                     [RF_ACT_KILL] = SECCOMP_RET_KILL_PROCESS};
    return action.kind == RF_ACT_ERRNO ? words[action.kind] | action.error : words[action.kind];
}

/* What a number gets that no rule matches: `unknown`, if it is no call of the policy's kernel. */
static struct rf_action unmatched(const struct rf_seccomp *policy, uint32_t number) {
    const struct rf_syscall *s = rf_syscall_by_number(policy->machine, number);
    return s && s->since <= policy->kernel ? policy->fallback : policy->unknown;
}

static const struct rf_call_rules *find_call(const struct rf_seccomp *policy, uint32_t number) {
    size_t low = 0, high = policy->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (policy->calls[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < policy->count && policy->calls[low].number == number ? &policy->calls[low] : NULL;
}

/* Whether a call is one of this ABI: x86_64 and x32 share the architecture word and part the numbers. */
static bool speaks_of(const struct rf_seccomp *policy, const struct rf_seccomp_data *data) {
    if (data->arch != rf_machine_info[policy->machine].audit_arch) return false;
    if (policy->machine == RF_X32) return data->number >= RF_X32_BIT;
    return policy->machine != RF_X86_64 || data->number < RF_X32_BIT;
}

/* The region of one input. Every question about it is settled: nothing is ever cut off, and a worklist stays empty. */
static struct rf_region single(const struct rf_seccomp_data *data) {
    struct rf_region point;
    rf_region_all(&point);
    for (unsigned i = 0; i < 6; i++) {
        uint32_t low = (uint32_t)data->args[i], high = (uint32_t)(data->args[i] >> 32);
        point.words[RF_AT_ARGS + 2 * i] = (struct rf_domain){low, low, UINT32_MAX, low};
        point.words[RF_AT_ARGS + 2 * i + 1] = (struct rf_domain){high, high, UINT32_MAX, high};
    }
    return point;
}

uint32_t rf_policy_answer(const struct rf_seccomp *policy, const struct rf_seccomp_data *data) {
    while (policy && !speaks_of(policy, data)) policy = policy->compat;
    if (!policy) return SECCOMP_RET_KILL_PROCESS;
    struct rf_action otherwise = unmatched(policy, data->number);
    const struct rf_call_rules *call = find_call(policy, data->number);
    if (!call) return word_of(otherwise);
    struct rf_worklist none = {0};
    struct rf_region point = single(data);
    return word_of(answer_of((struct ask){&none, &point}, call, otherwise));
}

const struct rf_rule *rf_policy_decider(const struct rf_seccomp *policy, const struct rf_seccomp_data *data) {
    while (policy && !speaks_of(policy, data)) policy = policy->compat;
    const struct rf_call_rules *call = policy ? find_call(policy, data->number) : NULL;
    if (!call) return NULL;
    struct rf_worklist none = {0};
    struct rf_region point = single(data);
    answer_of((struct ask){&none, &point}, call, policy->fallback);
    return point.best;
}

static int ascending(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Whether the conditions of a call can make no difference; then *answer is its answer. */
static bool constant(const struct rf_call_rules *call, struct rf_action otherwise, struct rf_action *answer) {
    const struct rf_action *always = NULL;
    for (size_t i = 0; i < call->count; i++)
        if (!call->rules[i].when && (!always || stricter(call->rules[i].action, *always)))
            always = &call->rules[i].action;
    *answer = always ? *always : otherwise;
    for (size_t i = 0; i < call->count; i++)
        if (call->rules[i].when && (!always || stricter(call->rules[i].action, *always))) return false;
    return true;
}

struct rf_policy_map rf_policy_cut(struct rf_arena *arena, const struct rf_seccomp *policy) {
    struct rf_policy_map map = {policy, NULL, 0, NULL};
    uint32_t *cuts = rf_arena_alloc(arena, 2 * (rf_syscall_count + policy->count + 1) * sizeof *cuts);
    size_t count = 0;
    cuts[count++] = 0;
    for (size_t i = 0; i < rf_syscall_count; i++) {
        int32_t number = rf_syscalls[i].number[policy->machine];
        if (number < 0) continue;
        cuts[count++] = (uint32_t)number;
        cuts[count++] = (uint32_t)number + 1;
    }
    for (size_t i = 0; i < policy->count; i++) {
        cuts[count++] = policy->calls[i].number;
        if (policy->calls[i].number < UINT32_MAX) cuts[count++] = policy->calls[i].number + 1;
    }
    qsort(cuts, count, sizeof *cuts, ascending);

    map.spans = rf_arena_alloc(arena, count * sizeof *map.spans);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && cuts[i] == cuts[i - 1]) continue;
        struct rf_policy_span span = {cuts[i], find_call(policy, cuts[i]), unmatched(policy, cuts[i])};
        if (span.call && constant(span.call, span.otherwise, &span.otherwise)) span.call = NULL;
        const struct rf_policy_span *last = map.count ? &map.spans[map.count - 1] : NULL;
        bool merged = last && !last->call && !span.call && word_of(last->otherwise) == word_of(span.otherwise);
        if (!merged) map.spans[map.count++] = span;
    }
    if (policy->compat) {
        struct rf_policy_map *compat = RF_NEW(arena, struct rf_policy_map);
        *compat = rf_policy_cut(arena, policy->compat);
        map.compat = compat;
    }
    return map;
}

static size_t span_of(const struct rf_policy_map *map, uint32_t number) {
    size_t low = 0, high = map->count; /* spans[low].first <= number always: the first is 0 */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (map->spans[middle].first <= number)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* As speaks_of(), of a whole region. */
static bool is_of(struct ask a, enum rf_machine machine) {
    if (!ask(a, RF_TEST_EQ, RF_AT_ARCH, UINT32_MAX, rf_machine_info[machine].audit_arch)) return false;
    if (machine != RF_X86_64 && machine != RF_X32) return true;
    return ask(a, RF_TEST_GE, RF_AT_NUMBER, UINT32_MAX, RF_X32_BIT) == (machine == RF_X32);
}

uint32_t rf_policy_region(const struct rf_policy_map *map, struct rf_worklist *work, struct rf_region *region) {
    struct ask a = {work, region};
    while (map && !is_of(a, map->policy->machine)) map = map->compat;
    if (!map) return SECCOMP_RET_KILL_PROCESS;
    const struct rf_domain *number = &region->words[RF_AT_NUMBER];
    for (;;) {
        size_t first = span_of(map, number->lo), last = span_of(map, number->hi);
        if (first == last) break;
        ask(a, RF_TEST_GE, RF_AT_NUMBER, UINT32_MAX, map->spans[first + (last - first + 1) / 2].first);
    }
    const struct rf_policy_span *span = &map->spans[span_of(map, number->lo)];
    return word_of(span->call ? answer_of(a, span->call, span->otherwise) : span->otherwise);
}

bool rf_policy_holds(struct rf_worklist *work, struct rf_region *region, const struct rf_cond *cond) {
    return true_of((struct ask){work, region}, cond);
}

void rf_region_call(struct rf_region *region, enum rf_machine abi, uint32_t number) {
    uint32_t arch = rf_machine_info[abi].audit_arch;
    rf_region_all(region);
    region->words[RF_AT_ARCH] = (struct rf_domain){arch, arch, UINT32_MAX, arch};
    region->words[RF_AT_NUMBER] = (struct rf_domain){number, number, UINT32_MAX, number};
}

bool rf_policy_may_allow(struct rf_arena *arena, const struct rf_seccomp *policy, uint32_t number,
                         const struct rf_cond *where, struct rf_seccomp_data *witness) {
    struct rf_policy_map map = rf_policy_cut(arena, policy);
    struct rf_worklist work = {.arena = arena};
    struct rf_region region;
    rf_region_call(&region, policy->machine, number);
    rf_worklist_push(&work, &region);
    for (size_t cells = 0; work.count; cells++) {
        region = work.regions[--work.count];
        bool give_up = cells >= RF_PROOF_CELLS_MAX;
        if (!give_up && where && !true_of((struct ask){&work, &region}, where)) continue;
        uint32_t says = give_up ? SECCOMP_RET_ALLOW : rf_policy_region(&map, &work, &region);
        if (says != SECCOMP_RET_ALLOW && says != SECCOMP_RET_LOG) continue;
        rf_region_witness(&region, witness);
        return true;
    }
    return false;
}

static bool both_match(struct rf_arena *arena, const struct rf_seccomp *policy, uint32_t number,
                       const struct rf_cond *one, const struct rf_cond *other, struct rf_seccomp_data *witness) {
    struct rf_worklist work = {.arena = arena};
    struct rf_region region;
    rf_region_call(&region, policy->machine, number);
    rf_worklist_push(&work, &region);
    for (size_t cells = 0; work.count; cells++) {
        region = work.regions[--work.count];
        struct ask a = {&work, &region};
        bool give_up = cells >= RF_PROOF_CELLS_MAX;
        if (!give_up && ((one && !true_of(a, one)) || (other && !true_of(a, other)))) continue;
        rf_region_witness(&region, witness);
        return true;
    }
    return false;
}

bool rf_policy_conflict(struct rf_arena *arena, const struct rf_seccomp *policy, const struct rf_call_rules *call,
                        size_t *first, size_t *second, struct rf_seccomp_data *witness) {
    for (size_t i = 0; i < call->count; i++) {
        const struct rf_rule *a = &call->rules[i];
        if (a->action.kind != RF_ACT_ERRNO) continue;
        for (size_t j = i + 1; j < call->count; j++) {
            const struct rf_rule *b = &call->rules[j];
            if (b->action.kind != RF_ACT_ERRNO || b->action.error == a->action.error) continue;
            if (!both_match(arena, policy, call->number, a->when, b->when, witness)) continue;
            *first = i;
            *second = j;
            return true;
        }
    }
    return false;
}
