/* SPDX-License-Identifier: Apache-2.0 */
/* The prover: exact on one word, never fooled by a changed filter or a changed policy. */
#include "../../compiler/seccomp/prove.h"
#include "seccomp_kit.h"
#include "seccomp_mutants.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct rf_insn out[RF_FILTER_MAX];

#define ALLOW                                                                                                          \
    { RF_ACT_ALLOW, 0 }
#define LOG                                                                                                            \
    { RF_ACT_LOG, 0 }
#define ERRNO(n)                                                                                                       \
    { RF_ACT_ERRNO, n }
#define KILL                                                                                                           \
    { RF_ACT_KILL, 0 }
#define COND(...)                                                                                                      \
    &(const struct rf_cond) {                                                                                          \
        __VA_ARGS__                                                                                                    \
    }
#define TEST(k, a, w, s, v) COND(.kind = RF_COND_##k, .argument = (a), .width = (w), .is_signed = (s), .value = (v))
#define BITS(a, w, m)       COND(.kind = RF_COND_BITS, .argument = (a), .width = (w), .mask = (m))
#define BITS_EQ(a, w, m, v) COND(.kind = RF_COND_BITS_EQ, .argument = (a), .width = (w), .mask = (m), .value = (v))
#define RANGE(a, w, s, v, h)                                                                                           \
    COND(.kind = RF_COND_RANGE, .argument = (a), .width = (w), .is_signed = (s), .value = (v), .high = (h))
#define BOTH(l, r)   COND(.kind = RF_COND_AND, .left = (l), .right = (r))
#define EITHER(l, r) COND(.kind = RF_COND_OR, .left = (l), .right = (r))
#define NOT(l)       COND(.kind = RF_COND_NOT, .left = (l))
#define RULES(...)   (const struct rf_rule[]){__VA_ARGS__}, COUNT(((const struct rf_rule[]){__VA_ARGS__}))
#define CALLS(...)                                                                                                     \
    (const struct rf_call_rules[]){__VA_ARGS__}, COUNT(((const struct rf_call_rules[]){__VA_ARGS__})), NULL, NULL

/* Every rule and every condition of these makes a difference: each change of one must be caught. */
static const struct rf_seccomp *const fixed[] = {
    &(const struct rf_seccomp){
        RF_X86_64, RF_RELEASE(6, 18), ERRNO(1), ERRNO(38),
        CALLS({0, RULES({NULL, ALLOW})}, {1, RULES({NULL, ALLOW})}, {2, RULES({NULL, LOG})},
              {5, RULES({TEST(EQ, 0, 32, false, 1), ALLOW}, {TEST(EQ, 0, 32, false, 10), ALLOW})},
              {7, RULES({NULL, ALLOW}, {TEST(LT, 1, 32, true, 5), KILL})},
              {9, RULES({BITS_EQ(0, 64, 0x7e020000, 0), ALLOW})}, {70, RULES({NULL, ALLOW})})},
    &(const struct rf_seccomp){
        RF_AARCH64, RF_RELEASE(6, 0), KILL, ERRNO(38),
        CALLS({5, RULES({TEST(GE, 3, 64, true, (uint64_t)-5), ALLOW})},
              {8, RULES({TEST(LE, 2, 64, false, 0x123456789), ALLOW})},
              {11, RULES({RANGE(0, 16, true, 0x8001, 0x7ffe), LOG})},
              {14, RULES({BOTH(TEST(NE, 1, 64, false, 0x100000000), BITS(4, 32, 0x80000001)), ERRNO(13)})},
              {17, RULES({NULL, ERRNO(5)}, {EITHER(TEST(GT, 5, 16, false, 0x7fff), NOT(BITS(0, 16, 0x12))), KILL})})},
    &(const struct rf_seccomp){
        RF_RISCV64, RF_RELEASE(6, 18), ERRNO(1), ERRNO(1),
        CALLS({3, RULES({RANGE(1, 64, false, 0xfffffff0, 0x800000010000000f), ALLOW})},
              {4, RULES({RANGE(1, 32, true, (uint32_t)-3, 4), ALLOW}, {TEST(EQ, 1, 32, true, 2), KILL})},
              {1000, RULES({NULL, LOG})})},
};

static struct kit new_kit(uint64_t seed) {
    return (struct kit){.arena = rf_arena_new(), .state = seed};
}

/* So that kit_input() stays near the values of a policy that it did not make. */
static void learn_cond(struct kit *kit, const struct rf_cond *c) {
    if (c->left) learn_cond(kit, c->left);
    if (c->right) learn_cond(kit, c->right);
    const uint64_t values[] = {c->value, c->high, c->mask, ~c->mask};
    for (size_t i = 0; !c->left && i < COUNT(values) && kit->used_count < COUNT(kit->used); i++)
        kit->used[kit->used_count++] = values[i];
}
static void learn(struct kit *kit, const struct rf_seccomp *p) {
    for (size_t i = 0; i < p->count; i++)
        for (size_t j = 0; j < p->calls[i].count; j++)
            if (p->calls[i].rules[j].when) learn_cond(kit, p->calls[i].rules[j].when);
}

struct tally {
    size_t refused, caught, equal;
};

/* What the prover says of (policy, out) must be true; `tally` counts what it said. */
static void judge(struct kit *kit, const struct rf_seccomp *policy, size_t count, struct tally *tally) {
    struct rf_arena *arena = rf_arena_new();
    struct rf_proof proof = rf_prove(arena, policy, out, count);
    rf_arena_free(arena);
    uint32_t arch = rf_machine_info[policy->machine].audit_arch;
    bool acceptable = rf_view_check_filter(out, (uint32_t)count, arch) == RF_BLOB_OK;
    assert_int_equal(proof.result == RF_PROOF_MALFORMED, !acceptable);
    if (!acceptable) {
        tally->refused++;
    } else if (proof.result == RF_DIFFERS) {
        assert_int_equal(rf_bpf_run(out, count, &proof.witness, NULL), proof.filter_says);
        assert_int_equal(kit_answer(policy, &proof.witness), proof.policy_says);
        assert_int_not_equal(proof.filter_says, proof.policy_says);
        tally->caught++;
    } else {
        assert_int_equal(proof.result, RF_PROVEN);
        tally->equal++;
        for (int i = 0; i < 400; i++) {
            struct rf_seccomp_data d = kit_input(kit, policy);
            assert_int_equal(rf_bpf_run(out, count, &d, NULL), kit_answer(policy, &d));
        }
    }
}

static void every_bit_of_a_filter(struct kit *kit, const struct rf_seccomp *p, struct tally *tally) {
    size_t count = rf_gen(kit->arena, p, out);
    assert_true(count > 0);
    judge(kit, p, count, tally);
    for (size_t i = 0; i < count; i++)
        for (unsigned bit = 0; bit < KIT_BITS; bit++) {
            kit_flip(&out[i], bit);
            judge(kit, p, count, tally);
            kit_flip(&out[i], bit);
        }
}

static void mutants_of_filters(void **state) {
    (void)state;
    struct tally all = {0};
    for (size_t i = 0; i < COUNT(fixed); i++) {
        struct kit kit = new_kit(77 + i);
        learn(&kit, fixed[i]);
        struct tally t = {0};
        every_bit_of_a_filter(&kit, fixed[i], &t);
        print_message("policy %zu: %zu mutants refused, %zu caught, %zu change no decision\n", i, t.refused, t.caught,
                      t.equal - 1);
        /* what may change no decision: where two tests in a row both lead the same way */
        assert_true(t.caught > 12 * t.equal && t.refused > t.equal);
        rf_arena_free(kit.arena);
    }
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct kit kit = new_kit(seed);
        struct rf_seccomp p = kit_policy(&kit, seed % RF_MACHINES, (struct kit_shape){6, 2, 1, 80, seed % 2 == 0});
        every_bit_of_a_filter(&kit, &p, &all);
        rf_arena_free(kit.arena);
    }
    print_message("40 random policies: %zu mutants refused, %zu caught, %zu change no decision\n", all.refused,
                  all.caught, all.equal - 40);
    assert_true(all.caught > 5000 && all.refused > 5000);
}

static void changed_policies(struct kit *kit, const struct rf_seccomp *p, struct tally *tally) {
    size_t count = rf_gen(kit->arena, p, out);
    assert_true(count > 0);
    for (size_t i = 0;; i++) {
        struct rf_seccomp mutant;
        if (!kit_mutant(kit->arena, p, i, &mutant)) break;
        judge(kit, &mutant, count, tally);
    }
    assert_int_equal(tally->refused, 0);
}

static void mutants_of_policies(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(fixed); i++) {
        struct kit kit = new_kit(400 + i);
        learn(&kit, fixed[i]);
        struct tally t = {0};
        changed_policies(&kit, fixed[i], &t);
        print_message("policy %zu: %zu changed policies caught, %zu not\n", i, t.caught, t.equal);
        assert_true(t.caught > 10);
        /* the small world has no riscv64 calls: all numbers are unknown, the fallback is never used */
        assert_int_equal(t.equal, fixed[i]->machine == RF_RISCV64);
        rf_arena_free(kit.arena);
    }
    struct tally all = {0};
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct kit kit = new_kit(seed * 7919);
        struct rf_seccomp p = kit_policy(&kit, seed % RF_MACHINES, (struct kit_shape){8, 2, 1, 80, seed % 2 == 0});
        changed_policies(&kit, &p, &all);
        rf_arena_free(kit.arena);
    }
    print_message("100 random policies: %zu changed policies caught, %zu mean the same\n", all.caught, all.equal);
    assert_true(all.caught > 1000);
}

static bool member(const struct rf_domain *d, uint32_t x) {
    return d->lo <= x && x <= d->hi && (x & d->known) == d->bits;
}

static bool holds(const struct rf_test *t, uint32_t x) {
    x &= t->mask;
    return t->kind == RF_TEST_EQ ? x == t->k : t->kind == RF_TEST_GE ? x >= t->k : x & t->k;
}

/* A decision parts a domain into disjoint pieces without loss, and its own piece has one outcome. The
 * values are few (10 bits, placed anywhere in the word), so that all of them can be looked at. */
static void splits_are_partitions(void **state) {
    (void)state;
    struct kit kit = new_kit(1234567);
    size_t settled = 0, parted = 0;
    for (int round = 0; round < 3000; round++) {
        struct rf_arena *arena = rf_arena_new();
        struct rf_worklist work = {.arena = arena};
        struct rf_region region;
        rf_region_all(&region);
        struct rf_domain *d = &region.words[4];
        unsigned shift = kit_below(&kit, 23);
        d->known = ~(0x3ffu << shift);
        d->bits = (uint32_t)kit_random(&kit) & d->known;
        uint32_t base = d->bits;
        d->lo = base;
        d->hi = base | ~d->known;
        for (int step = 0; step < 4; step++) {
            struct rf_test t = {kit_below(&kit, 3), 4, kit_below(&kit, 2) ? UINT32_MAX : (uint32_t)kit_random(&kit), 0};
            if (kit_below(&kit, 4) == 0) t.mask = 0xffff;
            t.k = (base | kit_below(&kit, 0x400) << shift) & (kit_below(&kit, 8) ? t.mask : UINT32_MAX);
            if (t.kind == RF_TEST_SET) t.k &= 0x3ffu << shift & (uint32_t)kit_random(&kit);
            const struct rf_region before = region;
            size_t pushed = work.count;
            bool outcome = rf_region_decide(&work, &region, t);
            assert_true(member(d, d->lo) && member(d, d->hi));
            for (uint32_t i = 0; i < 0x400; i++) {
                uint32_t x = base | i << shift;
                size_t in = member(d, x);
                if (in) assert_int_equal(holds(&t, x), outcome);
                for (size_t w = pushed; w < work.count; w++) in += member(&work.regions[w].words[4], x);
                assert_int_equal(in, member(&before.words[4], x));
            }
            *(work.count == pushed ? &settled : &parted) += 1;
        }
        rf_arena_free(arena);
    }
    rf_arena_free(kit.arena);
    assert_true(settled > 1000 && parted > 1000);
}

static void what_may_be_allowed(void **state) {
    (void)state;
    size_t may = 0, may_not = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct kit kit = new_kit(seed * 31);
        struct rf_seccomp p = kit_policy(&kit, seed % RF_MACHINES, (struct kit_shape){6, 3, 1, 12, false});
        for (uint32_t number = 0; number < 14; number++) {
            const struct rf_cond *where = number % 2 ? kit_cond(&kit, 1) : NULL;
            struct rf_seccomp_data d;
            if (rf_policy_may_allow(kit.arena, &p, number, where, &d)) {
                uint32_t answer = kit_answer(&p, &d);
                assert_int_equal(d.number, number);
                assert_true(!where || kit_holds(where, &d));
                assert_true(answer == SECCOMP_RET_ALLOW || answer == SECCOMP_RET_LOG);
                may++;
                continue;
            }
            may_not++;
            for (int i = 0; i < 200; i++) {
                d = kit_input(&kit, &p);
                d.number = number;
                if (where && !kit_holds(where, &d)) continue;
                uint32_t answer = kit_answer(&p, &d);
                assert_true(answer != SECCOMP_RET_ALLOW && answer != SECCOMP_RET_LOG);
            }
        }
        rf_arena_free(kit.arena);
    }
    assert_true(may > 500 && may_not > 500);
}

static void conflicts(void **state) {
    (void)state;
    struct rf_arena *arena = rf_arena_new();
    const struct rf_cond *three = TEST(EQ, 0, 32, false, 3), *low = TEST(LT, 0, 32, false, 4);
    const struct rf_cond *odd = BITS(0, 32, 1), *even = NOT(odd);
    struct rf_rule rules[] = {{three, ALLOW}, {NULL, KILL}, {even, ERRNO(1)}, {low, ERRNO(1)}, {odd, ERRNO(2)}};
    struct rf_call_rules call = {9, rules, COUNT(rules)};
    struct rf_seccomp p = {RF_X86_64, RF_RELEASE(6, 18), KILL, KILL, &call, 1, NULL, NULL};
    size_t first = 99, second = 99;
    struct rf_seccomp_data d;
    assert_true(rf_policy_conflict(arena, &p, &call, &first, &second, &d));
    assert_int_equal(first, 3); /* even and odd do not meet; low and odd do, at 1 */
    assert_int_equal(second, 4);
    assert_int_equal(d.number, 9);
    assert_int_equal(d.args[0], 1);
    rules[4].action.error = 1; /* one value is no conflict */
    assert_false(rf_policy_conflict(arena, &p, &call, &first, &second, &d));
    rules[3].when = NULL;
    rules[4] = (struct rf_rule){NULL, ERRNO(7)};
    assert_true(rf_policy_conflict(arena, &p, &call, &first, &second, &d));
    assert_int_equal(first, 2);
    rf_arena_free(arena);

    size_t found = 0, none = 0;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct kit kit = new_kit(seed * 17);
        struct rf_rule pair[] = {{kit_cond(&kit, 2), ERRNO(1)}, {kit_cond(&kit, 2), ERRNO(2)}};
        call = (struct rf_call_rules){3, pair, 2};
        if (rf_policy_conflict(kit.arena, &p, &call, &first, &second, &d)) {
            assert_true(kit_holds(pair[0].when, &d) && kit_holds(pair[1].when, &d));
            found++;
        } else {
            for (int i = 0; i < 300; i++) {
                d = kit_input(&kit, &p);
                assert_false(kit_holds(pair[0].when, &d) && kit_holds(pair[1].when, &d));
            }
            none++;
        }
        rf_arena_free(kit.arena);
    }
    assert_true(found > 50 && none > 10);
}

static void malformed(void **state) {
    (void)state;
    struct rf_arena *arena = rf_arena_new();
    size_t count = rf_gen(arena, fixed[0], out);
    assert_int_equal(rf_prove(arena, fixed[0], out, 0).result, RF_PROOF_MALFORMED);
    assert_int_equal(rf_prove(arena, fixed[0], out, count - 1).result, RF_PROOF_MALFORMED);
    assert_int_equal(rf_prove(arena, fixed[0], out, (size_t)RF_FILTER_MAX + 1).result, RF_PROOF_MALFORMED);
    assert_int_equal(rf_prove(arena, fixed[1], out, count).result, RF_PROOF_MALFORMED); /* another architecture */
    for (size_t i = 2; i < count; i++)
        if (out[i].code == (BPF_LD | BPF_W | BPF_ABS)) out[i].k = 8; /* instruction_pointer */
    assert_int_equal(rf_prove(arena, fixed[0], out, count).result, RF_PROOF_MALFORMED);
    rf_arena_free(arena);
}

/* The classic hole: a 64-bit comparison of an int lets value + 2^32 pass; and the witness shows it. */
static void a_walk_round(void **state) {
    (void)state;
    struct rf_arena *arena = rf_arena_new();
    struct rf_rule narrow[] = {{NULL, ALLOW}, {TEST(EQ, 0, 32, false, 40), ERRNO(97)}};
    struct rf_rule wide[] = {{NULL, ALLOW}, {TEST(EQ, 0, 64, false, 40), ERRNO(97)}};
    struct rf_call_rules meant = {5, narrow, 2}, written = {5, wide, 2};
    struct rf_seccomp p = {RF_X86_64, RF_RELEASE(6, 18), KILL, KILL, &written, 1, NULL, NULL};
    size_t count = rf_gen(arena, &p, out);
    p.calls = &meant;
    struct rf_proof proof = rf_prove(arena, &p, out, count);
    assert_int_equal(proof.result, RF_DIFFERS);
    assert_int_equal((uint32_t)proof.witness.args[0], 40);
    assert_true(proof.witness.args[0] >> 32);
    assert_int_equal(proof.filter_says, SECCOMP_RET_ALLOW);
    assert_int_equal(proof.policy_says, SECCOMP_RET_ERRNO | 97);
    rf_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_are_partitions),
        cmocka_unit_test(mutants_of_filters),
        cmocka_unit_test(mutants_of_policies),
        cmocka_unit_test(what_may_be_allowed),
        cmocka_unit_test(conflicts),
        cmocka_unit_test(malformed),
        cmocka_unit_test(a_walk_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
