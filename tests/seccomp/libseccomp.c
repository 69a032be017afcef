/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libseccomp [POLICIES [SEED]]: random policies through libseccomp, each in a child that is ended when it takes long.
 * Where the policies hold nothing but equality and masked equality, every decision of its filter must be ours.  Of ordered
 * comparisons it is only counted: nothing is shown of them.
 */
#include "../../compiler/second_opinion.h"
#include "shipped.h"

#include <linux/seccomp.h>

#if defined(__x86_64__)
#define HERE RF_X86_64
#elif defined(__aarch64__)
#define HERE RF_AARCH64
#else
#define HERE RF_RISCV64
#endif
#define INPUTS 1000

struct tally {
    size_t policies, none, partial, differing, inputs, differ;
};

/* Tests of different arguments, joined: equalities, or if not `exact` also ordered comparisons of 64 bits. */
static const struct rf_cond *tests(struct kit *kit, uint32_t *arguments_left, bool exact) {
    struct rf_cond *c = RF_NEW(kit->arena, struct rf_cond);
    bool ordered = !exact && kit_below(kit, 2), masked = !ordered && kit_below(kit, 2);
    *c = (struct rf_cond){.kind = ordered  ? RF_COND_LT + kit_below(kit, 4)
                                  : masked ? RF_COND_BITS_EQ
                                           : RF_COND_EQ,
                          .argument = (uint8_t)(--*arguments_left),
                          .width = ordered || kit_below(kit, 2) ? 64 : 32,
                          .value = kit_below(kit, 3) ? kit_below(kit, 9) : kit_random(kit) >> kit_below(kit, 64)};
    uint64_t ones = c->width == 64 ? UINT64_MAX : UINT32_MAX;
    c->mask = masked ? (kit_random(kit) >> kit_below(kit, 64)) & ones : 0;
    c->value &= masked ? c->mask : ones;
    if (kit->used_count + 2 < sizeof kit->used / sizeof *kit->used) {
        kit->used[kit->used_count++] = c->value;
        kit->used[kit->used_count++] = c->value ^ (c->mask & -c->mask);
    }
    if (*arguments_left == 0 || kit_below(kit, 2)) return c;
    struct rf_cond *both = RF_NEW(kit->arena, struct rf_cond);
    *both = (struct rf_cond){.kind = RF_COND_AND, .left = c, .right = tests(kit, arguments_left, exact)};
    return both;
}

static const struct rf_action allow = {RF_ACT_ALLOW, 0}, refuse = {RF_ACT_ERRNO, 1};

/* A few of the machine's calls, each allowed outright or under some alternatives. */
static struct rf_seccomp random_policy(struct kit *kit, bool exact) {
    struct rf_seccomp p = {.machine = HERE, .kernel = RF_NEWEST_KERNEL, .fallback = refuse, .unknown = refuse};
    struct rf_call_rules *calls = rf_arena_alloc(kit->arena, 8 * sizeof *calls);
    kit->used_count = 0;
    for (uint32_t number = kit_below(kit, 20); p.count < 8 && number < 280; number += 1 + kit_below(kit, 60)) {
        uint32_t count = 1 + kit_below(kit, 4);
        struct rf_rule *rules = rf_arena_alloc(kit->arena, count * sizeof *rules);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t arguments = 1 + kit_below(kit, 6);
            rules[i] = (struct rf_rule){.action = allow};
            if (kit_below(kit, 8)) rules[i].when = tests(kit, &arguments, exact);
        }
        if (rf_syscall_by_number(HERE, number)) calls[p.count++] = (struct rf_call_rules){number, rules, count};
    }
    p.calls = calls;
    return p;
}

static void compare(struct kit *kit, const struct rf_seccomp *p, bool exact, struct tally *t) {
    static struct rf_insn theirs[RF_FILTER_MAX], ours[RF_FILTER_MAX];
    uint32_t left_out, n = rf_second_opinion_build(p, kit_below(kit, 2), theirs, RF_FILTER_MAX, &left_out);
    size_t count = rf_gen(kit->arena, p, ours), differ = 0;
    t->policies++;
    t->none += n == 0;
    t->partial += n && left_out;
    if (!n || left_out) return; /* it has no form for some rule, and another policy in its place */
    for (int i = 0; i < INPUTS; i++) {
        struct rf_seccomp_data data = kit_input(kit, p);
        if (data.arch != rf_machine_info[HERE].audit_arch || data.number >= RF_X32_BIT) continue;
        uint32_t mine = rf_bpf_run(ours, count, &data, NULL);
        MUST(mine == kit_answer(p, &data));
        differ += mine != rf_bpf_run(theirs, n, &data, NULL);
        t->inputs++;
    }
    t->differ += differ;
    t->differing += differ > 0;
    if (exact) MUST(differ == 0);
}

static void run(size_t policies, uint64_t state, bool exact) {
    struct tally t = {0};
    struct kit kit = {.state = state};
    for (size_t i = 0; i < policies; i++) {
        kit.arena = rf_arena_new();
        struct rf_seccomp p = random_policy(&kit, exact);
        compare(&kit, &p, exact, &t);
        rf_arena_free(kit.arena);
    }
    size_t compared = t.policies - t.none - t.partial;
    printf("%s: %zu policies, of which libseccomp made no filter of %zu and a part of %zu; of %zu others %zu differ "
           "(%zu of %zu inputs)\n",
           exact ? "equality and masked equality" : "ordered comparisons too", t.policies, t.none, t.partial, compared,
           t.differing, t.differ, t.inputs);
    MUST(compared * (exact ? 2 : 100) > policies);
}

int main(int argc, char **argv) {
    size_t policies = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    uint64_t state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1977;
    if (!policies || !state) return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    run(policies, state, true);
    run((policies + 9) / 10, state, false); /* it may take all of its time for each */
    return 0;
}
