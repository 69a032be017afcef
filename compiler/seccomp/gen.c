/* SPDX-License-Identifier: Apache-2.0 */
/* A policy to a filter: architecture, number, arguments, in this order. */
#include "gen.h"

#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

uint32_t rf_action_ret(struct rf_action action) {
    switch (action.kind) {
    case RF_ACT_ALLOW: return SECCOMP_RET_ALLOW;
    case RF_ACT_LOG: return SECCOMP_RET_LOG;
    case RF_ACT_NOTIFY: return SECCOMP_RET_USER_NOTIF;
    case RF_ACT_ERRNO: return SECCOMP_RET_ERRNO | action.error;
    default: return SECCOMP_RET_KILL_PROCESS;
    }
}

struct ranked {
    uint32_t rank; /* ascending strictness; of two errnos the smaller one is stricter */
    size_t at;     /* place in the policy: only the order of equal tests depends on it */
    const struct rf_rule *rule;
};

static int by_rank(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Conditions of one action as one, as a shallow tree. */
static const struct rf_cond *any_of(struct rf_arena *arena, const struct ranked *rules, size_t count) {
    if (count == 1) return rules->rule->when;
    struct rf_cond *either = RF_NEW(arena, struct rf_cond);
    either->kind = RF_COND_OR;
    either->left = any_of(arena, rules, count / 2);
    either->right = any_of(arena, rules + count / 2, count - count / 2);
    return either;
}

/* Weakest action first: each stricter one is tested before what is there already. */
static uint32_t call_node(struct rf_gen *g, const struct rf_call_rules *call, struct rf_action otherwise) {
    struct ranked *rules = rf_arena_alloc(g->arena, call->count * sizeof *rules);
    for (size_t i = 0; i < call->count; i++) {
        struct rf_action a = call->rules[i].action;
        uint32_t rank = (uint32_t)a.kind << 12 | (a.kind == RF_ACT_ERRNO ? 4095 - a.error : 0);
        rules[i] = (struct ranked){rank, i, &call->rules[i]};
    }
    if (call->count) qsort(rules, call->count, sizeof *rules, by_rank);

    uint32_t node = rf_gen_ret(g, rf_action_ret(otherwise));
    for (size_t i = 0, end; i < call->count; i = end) {
        bool always = false;
        for (end = i; end < call->count && rules[end].rank == rules[i].rank; end++)
            always |= rules[end].rule->when == NULL;
        uint32_t ret = rf_gen_ret(g, rf_action_ret(rules[i].rule->action));
        node = always ? ret : rf_gen_cond(g, any_of(g->arena, rules + i, end - i), ret, node);
    }
    return node;
}

/* One ABI's policy, and what the table says about its numbers. */
struct abi {
    const struct rf_seccomp *policy;
    uint32_t *known; /* numbers that the policy's kernel has on this ABI, ascending */
    size_t known_count;
    uint64_t hot; /* sum of the frequencies that are known */
};

struct decided { /* a call with an answer of its own */
    const struct abi *abi;
    const struct rf_call_rules *call;
};

struct numbers {
    struct rf_gen probe;     /* scratch graph: a node in it is the identity of an answer */
    struct decided *call_of; /* probe node -> a call with that answer */
    struct rf_gen *g;        /* the graph that is emitted */
    struct rf_gen_range *ranges;
    size_t count;
};

static int by_number(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void list_known(struct abi *abi, struct rf_arena *arena, const struct rf_seccomp *policy) {
    *abi = (struct abi){.policy = policy, .known = rf_arena_alloc(arena, rf_syscall_count * sizeof *abi->known)};
    for (size_t i = 0; i < rf_syscall_count; i++) {
        int32_t number = rf_syscalls[i].number[policy->machine];
        if (number < 0 || rf_syscalls[i].since > policy->kernel) continue;
        abi->known[abi->known_count++] = (uint32_t)number;
        abi->hot += policy->hot ? policy->hot[i] : 0;
    }
    if (abi->known_count) qsort(abi->known, abi->known_count, sizeof *abi->known, by_number);
}

/* What a number gets that no rule matches. */
static struct rf_action otherwise(const struct abi *abi, bool known) {
    return known ? abi->policy->fallback : abi->policy->unknown;
}

/* How often a number is called. With frequencies nine tenths of the weight are theirs; the rest is spread evenly, so
 * that no call is thrown to the bottom for not having been seen. */
static uint32_t weight_of(const struct abi *abi, uint32_t number) {
    if (!abi->hot) return 1;
    const struct rf_syscall *call = rf_syscall_by_number(abi->policy->machine, number);
    uint64_t seen = call ? abi->policy->hot[call - rf_syscalls] : 0;
    return (uint32_t)(100 + seen * 900 * abi->known_count / abi->hot);
}

/* Appends [low, high], united with its neighbour where the answers are equal. */
static void append(struct numbers *n, uint32_t low, uint32_t high, uint32_t answer, uint32_t weight) {
    if (n->count && n->ranges[n->count - 1].answer == answer) {
        n->ranges[n->count - 1].high = high;
        n->ranges[n->count - 1].weight += weight;
    } else {
        n->ranges[n->count++] = (struct rf_gen_range){low, high, answer, weight};
    }
}

/* The numbers low..high, which neither the policy's kernel nor the policy names. */
static void append_gap(struct numbers *n, const struct abi *abi, uint32_t low, uint32_t high) {
    append(n, low, high, rf_gen_ret(&n->probe, rf_action_ret(otherwise(abi, false))), 0);
}

/* The ABI's numbers start..end. */
static void list_ranges(struct numbers *n, const struct abi *abi, uint32_t start, uint32_t end) {
    const struct rf_seccomp *policy = abi->policy;
    uint64_t next = start;
    for (size_t i = 0, j = 0; i < policy->count || j < abi->known_count;) {
        uint64_t call = i < policy->count ? policy->calls[i].number : UINT64_MAX;
        uint64_t known = j < abi->known_count ? abi->known[j] : UINT64_MAX;
        if (call > end && known > end) break;
        uint32_t number = (uint32_t)(call < known ? call : known);
        struct rf_action other = otherwise(abi, known == number);
        i += call == number;
        j += known == number;
        if (number < start) continue;
        if (number > next) append_gap(n, abi, (uint32_t)next, number - 1);
        uint32_t answer = call == number ? call_node(&n->probe, &policy->calls[i - 1], other)
                                         : rf_gen_ret(&n->probe, rf_action_ret(other));
        append(n, number, number, answer, weight_of(abi, number));
        next = (uint64_t)number + 1;
    }
    if (next <= end) append_gap(n, abi, (uint32_t)next, end);
}

static uint32_t resolve(void *context, uint32_t answer) {
    struct numbers *n = context;
    const struct rf_gen_node *node = &n->probe.nodes[answer];
    if (node->op == BPF_RET) return rf_gen_ret(n->g, node->k);
    const struct abi *abi = n->call_of[answer].abi;
    const struct rf_call_rules *call = n->call_of[answer].call;
    bool known =
        abi->known_count && bsearch(&call->number, abi->known, abi->known_count, sizeof *abi->known, by_number) != NULL;
    return call_node(n->g, call, otherwise(abi, known));
}

/* As list_ranges(), once the probe graph no longer grows. */
static void name_calls(struct numbers *n, const struct abi *abi, uint32_t start, uint32_t end) {
    const struct rf_seccomp *policy = abi->policy;
    for (size_t r = 0, i = 0; r < n->count && n->ranges[r].low <= end; r++) {
        if (n->ranges[r].low < start) continue;
        while (i < policy->count && policy->calls[i].number < n->ranges[r].low) i++;
        bool here = i < policy->count && policy->calls[i].number == n->ranges[r].low;
        if (here) n->call_of[n->ranges[r].answer] = (struct decided){abi, &policy->calls[i]};
    }
}

/* The answer to one architecture word: its ABI's numbers and, where the word is x86_64's, the range of x32. */
static uint32_t number_node(struct rf_gen *g, const struct rf_seccomp *policy, const struct rf_seccomp *x32) {
    struct numbers n = {.probe = {.arena = g->arena}, .g = g};
    struct abi abi, of_x32 = {0};
    list_known(&abi, g->arena, policy);
    if (x32) list_known(&of_x32, g->arena, x32);
    /* at most one gap before each number, one behind the last of each ABI, and x32 */
    size_t most = policy->count + abi.known_count + (x32 ? x32->count + of_x32.known_count : 0);
    n.ranges = rf_arena_alloc(g->arena, (2 * most + 4) * sizeof *n.ranges);
    uint32_t end = policy->machine == RF_X86_64 ? RF_X32_BIT - 1 : UINT32_MAX;
    list_ranges(&n, &abi, 0, end);
    if (x32)
        list_ranges(&n, &of_x32, RF_X32_BIT, UINT32_MAX);
    else if (end != UINT32_MAX)
        append(&n, RF_X32_BIT, UINT32_MAX, rf_gen_ret(&n.probe, SECCOMP_RET_KILL_PROCESS), 0);
    n.call_of = rf_arena_alloc(g->arena, n.probe.count * sizeof *n.call_of);
    name_calls(&n, &abi, 0, end);
    if (x32) name_calls(&n, &of_x32, RF_X32_BIT, UINT32_MAX);
    return rf_gen_tree(g, RF_WORD_NUMBER, RF_WHOLE, n.ranges, n.count, resolve, &n);
}

static const struct rf_seccomp *of_machine(const struct rf_seccomp *policy, enum rf_machine machine) {
    while (policy && policy->machine != machine) policy = policy->compat;
    return policy;
}

/* The root of all decisions; its nodes are g's. */
static uint32_t root_node(struct rf_gen *g, const struct rf_seccomp *policy) {
    uint32_t other = rf_gen_ret(g, SECCOMP_RET_KILL_PROCESS);
    for (const struct rf_seccomp *p = policy->compat; p; p = p->compat) {
        if (p->machine == RF_X32) continue;
        uint32_t number = number_node(g, p, NULL);
        struct rf_gen_node arch = {BPF_JEQ, RF_WORD_ARCH, RF_WHOLE, rf_machine_info[p->machine].audit_arch,
                                   number,  other};
        other = rf_gen_node(g, arch);
    }
    uint32_t number = number_node(g, policy, of_machine(policy, RF_X32));
    /* made even where both sides are equal: the enforcer insists on seeing the architecture tested */
    struct rf_gen_node arch = {BPF_JEQ, RF_WORD_ARCH, RF_WHOLE, rf_machine_info[policy->machine].audit_arch,
                               number,  other};
    return rf_gen_node(g, arch);
}

/* Decisions on the longest way from the root, arguments included. */
static uint32_t depth_of(const struct rf_gen *g, uint32_t root) {
    uint32_t *depth = rf_arena_alloc(g->arena, (root + 1) * sizeof *depth);
    for (uint32_t i = 0; i <= root; i++) { /* children come before their parents */
        const struct rf_gen_node *n = &g->nodes[i];
        if (n->op == BPF_RET) continue;
        depth[i] = 1 + (depth[n->yes] > depth[n->no] ? depth[n->yes] : depth[n->no]);
    }
    return depth[root];
}

/*
 * An instruction is weighed against steps of the mean, at two prices; the shorter filter is taken unless its longest
 * way is longer.  (Docker's profile: 63 instructions and 10.0 steps in place of 64 and 9.5; thirty single calls: 31 and
 * 9.1 in place of 32 and 8.5.)
 */
size_t rf_gen(struct rf_arena *arena, const struct rf_seccomp *policy, struct rf_insn *out) {
    static const uint32_t prices[] = {9, 13};
    struct rf_insn *other = rf_arena_alloc(arena, RF_FILTER_MAX * sizeof *other);
    size_t best = 0;
    uint32_t best_depth = 0;
    for (size_t i = 0; i < sizeof prices / sizeof *prices; i++) {
        struct rf_gen g = {.arena = arena, .price = prices[i]};
        uint32_t root = root_node(&g, policy), depth = depth_of(&g, root);
        size_t count = rf_gen_emit(&g, root, other);
        if (!count || (best && (count >= best || depth > best_depth))) continue;
        best = count;
        best_depth = depth;
        memcpy(out, other, count * sizeof *out);
    }
    return best;
}
