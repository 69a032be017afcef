/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is generated: equal to the policy by proof and by running it, small, and within every limit.
 *
 * test_seccomp_gen [ROUNDS SEED]: with arguments only that many random policies, from that seed.
 */
#include "seccomp_kit.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define X86_64_ARCH rf_machine_info[RF_X86_64].audit_arch

static struct rf_insn out[RF_FILTER_MAX];
static const struct rf_action ALLOW = {RF_ACT_ALLOW, 0}, EPERM_ACTION = {RF_ACT_ERRNO, 1}, KILL = {RF_ACT_KILL, 0};

static size_t generate(struct rf_arena *arena, const struct rf_seccomp *policy) {
    size_t count = rf_gen(arena, policy, out);
    if (count) {
        uint32_t arch = rf_machine_info[policy->machine].audit_arch;
        assert_int_equal(rf_view_check_filter(out, (uint32_t)count, arch), RF_BLOB_OK);
    }
    return count;
}

/* TOO_LARGE is an answer where `large`, which counts them, is given. */
static size_t prove_or_count(struct rf_arena *arena, const struct rf_seccomp *policy, size_t count, size_t *large) {
    struct rf_proof proof = rf_prove(arena, policy, out, count);
    if (large && proof.result == RF_PROOF_TOO_LARGE) {
        ++*large;
        return proof.cells;
    }
    if (proof.result == RF_DIFFERS)
        print_error("number %#x: filter %#x, policy %#x, plain reading %#x\n", proof.witness.number, proof.filter_says,
                    proof.policy_says, kit_answer(policy, &proof.witness));
    assert_int_equal(proof.result, RF_PROVEN);
    return proof.cells;
}

static size_t prove(struct rf_arena *arena, const struct rf_seccomp *policy, size_t count) {
    return prove_or_count(arena, policy, count, NULL);
}

/* One call, one rule. */
static struct rf_seccomp one_rule(struct rf_arena *arena, const struct rf_cond *when) {
    struct rf_rule *rule = RF_NEW(arena, struct rf_rule);
    struct rf_call_rules *call = RF_NEW(arena, struct rf_call_rules);
    *rule = (struct rf_rule){when, ALLOW};
    *call = (struct rf_call_rules){3, rule, 1};
    return (struct rf_seccomp){RF_X86_64, RF_RELEASE(6, 18), EPERM_ACTION, EPERM_ACTION, call, 1, NULL, NULL};
}

static size_t rounds = 4000;
static uint64_t first_state = 20240607;

static void random_policies(void **state) {
    (void)state;
    struct kit kit = {.state = first_state};
    size_t cells = 0, most = 0, instructions = 0, inputs = 100, large = 0, matched[4] = {0};
    for (size_t i = 0; i < rounds; i++) {
        kit.arena = rf_arena_new();
        struct rf_seccomp p = kit_policy(&kit, i % RF_MACHINES,
                                         (struct kit_shape){20, 1 + (uint32_t)i % 4, i % 8 ? 1 : 2, 80, i % 3 == 0});
        size_t count = generate(kit.arena, &p);
        assert_true(count > 0);
        size_t more = prove_or_count(kit.arena, &p, count, &large);
        cells += more;
        if (more > most) most = more;
        instructions += count;
        for (size_t j = 0; j < inputs; j++) {
            struct rf_seccomp_data d = kit_input(&kit, &p);
            uint32_t answer = kit_answer(&p, &d);
            assert_int_equal(rf_policy_answer(&p, &d), answer);
            assert_int_equal(rf_bpf_run(out, count, &d, NULL), answer);
            matched[answer == SECCOMP_RET_ALLOW ? 0 : answer == SECCOMP_RET_LOG ? 1 : answer >> 31 ? 3 : 2]++;
        }
        rf_arena_free(kit.arena);
    }
    for (int i = 0; i < 4; i++) assert_true(matched[i] > rounds * inputs / 100); /* not all one answer */
    /* Of hundreds of thousands a few are beyond the limit of a proof, which a compile would refuse. */
    assert_true(large <= rounds / 100000);
    print_message("%zu policies: %zu instructions, %zu cells (at most %zu), %zu too large to prove; %zu inputs: %zu "
                  "allow, %zu log, %zu errno, "
                  "%zu kill\n",
                  rounds, instructions, cells, most, large, rounds * inputs, matched[0], matched[1], matched[2],
                  matched[3]);
}

/* Every kind of test at every width and sign, with every edge as its value, against every edge as input. */
static void every_test_at_the_edges(void **state) {
    (void)state;
    static const uint64_t edges[] = {0,
                                     1,
                                     0x7ffe,
                                     0x7fff,
                                     0x8000,
                                     0x8001,
                                     0xfffe,
                                     0xffff,
                                     0x10000,
                                     0x7fffffff,
                                     0x80000000,
                                     0x80000001,
                                     0xffffffff,
                                     0x100000000,
                                     0x7fffffffffffffff,
                                     0x8000000000000000,
                                     0xfffffffffffffffe,
                                     UINT64_MAX};
    enum { EDGES = sizeof edges / sizeof *edges };
    static const uint8_t widths[] = {16, 32, 64};
    size_t runs = 0;
    for (int w = 0; w < 3; w++)
        for (enum rf_cond_kind kind = RF_COND_EQ; kind <= RF_COND_BITS_NE; kind++)
            for (int variant = 0; variant < 2 * EDGES; variant++) {
                struct rf_arena *arena = rf_arena_new();
                uint64_t ones = UINT64_MAX >> (64 - widths[w]), value = edges[variant % EDGES] & ones;
                struct rf_cond c = {.kind = kind,
                                    .argument = 2,
                                    .width = widths[w],
                                    .is_signed = variant >= EDGES,
                                    .value = value,
                                    .high = (value + 5) & ones,
                                    .mask = (value | 0x8001) & ones};
                struct rf_seccomp p = one_rule(arena, &c);
                size_t count = generate(arena, &p);
                prove(arena, &p, count);
                for (int e = 0; e < EDGES; e++) {
                    struct rf_seccomp_data d = {3, X86_64_ARCH, 0, {0, 0, edges[e]}};
                    assert_int_equal(rf_bpf_run(out, count, &d, NULL), kit_answer(&p, &d));
                    runs++;
                }
                rf_arena_free(arena);
            }
    print_message("%zu runs\n", runs);
}

static const struct rf_cond *equal(struct rf_arena *arena, unsigned argument, unsigned width, uint64_t value) {
    struct rf_cond *c = RF_NEW(arena, struct rf_cond);
    *c = (struct rf_cond){.kind = RF_COND_EQ,
                          .argument = (uint8_t)argument,
                          .width = (uint8_t)width,
                          .value = value & UINT64_MAX >> (64 - width)};
    return c;
}

/* What the kernel does for its bitmap of constant answers: run with the number alone. */
static bool looks_at_arguments(size_t count, uint32_t arch, uint32_t number) {
    uint32_t a = 0;
    for (size_t at = 0; at < count; at++) {
        const struct rf_insn *i = &out[at];
        if (BPF_CLASS(i->code) == BPF_RET) return false;
        if (BPF_CLASS(i->code) == BPF_LD) {
            if (i->k >= 8) return true;
            a = i->k ? arch : number;
        } else if (BPF_CLASS(i->code) == BPF_ALU) {
            a &= i->k;
        } else if (BPF_OP(i->code) == BPF_JA) {
            at += i->k;
        } else {
            bool holds = BPF_OP(i->code) == BPF_JEQ ? a == i->k : BPF_OP(i->code) == BPF_JGE ? a >= i->k : a & i->k;
            at += holds ? i->jt : i->jf;
        }
    }
    fail();
    return false;
}

static void arguments_only_where_they_matter(void **state) {
    (void)state;
    struct kit kit = {.state = 99};
    size_t without = 0, with = 0;
    for (int i = 0; i < 500; i++) {
        kit.arena = rf_arena_new();
        struct rf_seccomp p = kit_policy(&kit, RF_X86_64, (struct kit_shape){30, 3, 1, 80, false});
        size_t count = generate(kit.arena, &p);
        for (uint32_t number = 0, at = 0; number < 120; number++) {
            while (at < p.count && p.calls[at].number < number) at++;
            bool conditional = false;
            for (size_t r = 0; at < p.count && p.calls[at].number == number && r < p.calls[at].count; r++)
                conditional |= p.calls[at].rules[r].when != NULL;
            bool looks = looks_at_arguments(count, X86_64_ARCH, number);
            if (!conditional) assert_false(looks);
            *(looks ? &with : &without) += 1;
        }
        rf_arena_free(kit.arena);
    }
    assert_true(with > 1000 && without > 1000);
}

static size_t size_of(struct rf_arena *arena, struct rf_seccomp p) {
    size_t count = generate(arena, &p);
    prove(arena, &p, count);
    return count;
}

static void as_small_as_it_can_be(void **state) {
    (void)state;
    struct rf_arena *arena = rf_arena_new();
    struct rf_rule allow = {NULL, ALLOW};
    struct rf_seccomp p = {RF_X86_64, RF_RELEASE(6, 18), EPERM_ACTION, EPERM_ACTION, NULL, 0, NULL, NULL};
    assert_int_equal(size_of(arena, p), 6); /* ld arch, jeq, ld number, jge x32, and two returns */
    p.machine = RF_AARCH64;
    assert_int_equal(size_of(arena, p), 4); /* one answer: the number is not even loaded */
    p.fallback = p.unknown = KILL;
    assert_int_equal(size_of(arena, p), 3);
    p.machine = RF_RISCV64; /* the small table has no call for it */
    assert_int_equal(size_of(arena, p), 3);

    struct rf_call_rules one[] = {{7, &allow, 1}}, holes[] = {{3, &allow, 1}, {5, &allow, 1}, {9, &allow, 1}};
    p = (struct rf_seccomp){RF_AARCH64, RF_RELEASE(6, 18), EPERM_ACTION, EPERM_ACTION, one, 1, NULL, NULL};
    assert_int_equal(size_of(arena, p), 7); /* + ld number, jeq 7, allow */
    p.calls = holes;
    p.count = 3;
    assert_int_equal(size_of(arena, p), 10); /* one jeq for each, and a split to spare most numbers two of them */
    struct rf_call_rules range[] = {{4, &allow, 1}, {5, &allow, 1}, {6, &allow, 1}};
    p.calls = range;
    assert_int_equal(size_of(arena, p), 8); /* two jge for a range of any length */
    p.unknown = KILL;
    /* this machine's numbers are every third only: what lies between two is no call, and gets `unknown` */
    assert_int_equal(size_of(arena, p), 47);

    /* equal conditions of several calls are one piece of code, and neighbours one range */
    struct rf_rule when = {equal(arena, 0, 32, 40), KILL}, rules[] = {when, allow};
    struct rf_call_rules same[] = {{4, rules, 2}, {5, rules, 2}, {90, rules, 2}};
    p = (struct rf_seccomp){RF_AARCH64, RF_RELEASE(6, 18), EPERM_ACTION, EPERM_ACTION, same, 3, NULL, NULL};
    assert_int_equal(size_of(arena, p), 3 + 3 + 2 + 3);
    rf_arena_free(arena);
}

/* A list of neighbouring values is a range, whatever it was written as. */
static void conditions_are_simplified(void **state) {
    (void)state;
    struct rf_arena *arena = rf_arena_new();
    struct rf_cond *list = NULL;
    for (uint64_t i = 0; i < 200; i++) {
        struct rf_cond *more = RF_NEW(arena, struct rf_cond);
        *more = (struct rf_cond){.kind = RF_COND_OR, .left = list, .right = equal(arena, 1, 32, 100 + (i * 77) % 200)};
        list = list ? more : (struct rf_cond *)more->right;
    }
    size_t simple = size_of(arena, one_rule(arena, equal(arena, 1, 32, 100)));
    assert_int_equal(size_of(arena, one_rule(arena, list)), simple + 1);
    struct rf_cond low = {.kind = RF_COND_LT, .argument = 1, .width = 32, .is_signed = true, .value = 5};
    struct rf_cond high = {.kind = RF_COND_GE, .argument = 1, .width = 32, .is_signed = true, .value = 5};
    struct rf_cond all = {.kind = RF_COND_OR, .left = &low, .right = &high};
    struct rf_cond none = {.kind = RF_COND_AND, .left = &low, .right = &high};
    assert_int_equal(size_of(arena, one_rule(arena, &all)), size_of(arena, one_rule(arena, NULL)));
    assert_int_equal(size_of(arena, one_rule(arena, &none)), 6);
    rf_arena_free(arena);
}

/* Every number of a large range has a condition of its own: jumps go far beyond 255 instructions. */
static struct rf_seccomp large(struct rf_arena *arena, uint32_t calls, uint32_t rules, unsigned width,
                               unsigned spread) {
    struct rf_call_rules *list = rf_arena_alloc(arena, calls * sizeof *list);
    for (uint32_t i = 0; i < calls; i++) {
        struct rf_rule *r = rf_arena_alloc(arena, rules * sizeof *r);
        for (uint32_t j = 0; j < rules; j++)
            r[j] = (struct rf_rule){equal(arena, j % spread, width, (uint64_t)(i + 1) * 0x100000001 + j),
                                    j % 3 ? ALLOW : (struct rf_action){RF_ACT_ERRNO, 1 + i % 40}};
        list[i] = (struct rf_call_rules){i, r, rules};
    }
    return (struct rf_seccomp){RF_X86_64, RF_RELEASE(6, 18), KILL, KILL, list, calls, NULL, NULL};
}

static size_t worst_steps(const struct rf_seccomp *p, size_t count, uint32_t numbers) {
    size_t worst = 0;
    for (uint32_t i = 0; i < numbers; i++) {
        struct rf_seccomp_data d = {.number = i, .arch = X86_64_ARCH, .args = {i, i, i, i, i, i}};
        size_t steps;
        assert_int_equal(rf_bpf_run(out, count, &d, &steps), kit_answer(p, &d));
        if (steps > worst) worst = steps;
    }
    return worst;
}

/* Every second of the numbers is refused, and of the values: few steps, not one for each. */
static void long_lists_are_searched(void **state) {
    (void)state;
    struct rf_arena *arena = rf_arena_new();
    struct rf_rule allow = {NULL, ALLOW}, refuse = {NULL, EPERM_ACTION};
    struct rf_call_rules calls[72];
    for (uint32_t i = 0; i < 72; i++) calls[i] = (struct rf_call_rules){i, i % 2 ? &allow : &refuse, 1};
    struct rf_seccomp p = {RF_X86_64, RF_RELEASE(7, 0), EPERM_ACTION, EPERM_ACTION, calls, 72, NULL, NULL};
    size_t count = generate(arena, &p);
    prove(arena, &p, count);
    assert_in_range(worst_steps(&p, count, 100), 8, 12);
    for (uint32_t i = 0; i < 72; i++) calls[i].number = 3 * i; /* single numbers in wide ranges */
    count = generate(arena, &p);
    prove(arena, &p, count);
    assert_in_range(worst_steps(&p, count, 300), 8, 14);

    struct rf_cond *list = (struct rf_cond *)equal(arena, 1, 32, 7);
    for (uint64_t i = 1; i < 64; i++) {
        struct rf_cond *more = RF_NEW(arena, struct rf_cond);
        *more = (struct rf_cond){.kind = RF_COND_OR, .left = list, .right = equal(arena, 1, 32, 7 + i * 10)};
        list = more;
    }
    p = one_rule(arena, list);
    count = generate(arena, &p);
    prove(arena, &p, count);
    for (uint64_t i = 0; i < 700; i++) {
        struct rf_seccomp_data d = {.number = 3, .arch = X86_64_ARCH, .args = {0, i}};
        size_t steps;
        assert_int_equal(rf_bpf_run(out, count, &d, &steps),
                         i % 10 == 7 && i < 640 ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | 1);
        assert_in_range(steps, 5, 26);
    }
    rf_arena_free(arena);
}

static size_t jumps(size_t count) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++) n += out[i].code == (BPF_JMP | BPF_JA);
    return n;
}

static void large_policies(void **state) {
    (void)state;
    static const struct {
        uint32_t calls, rules;
        unsigned width, spread;
        bool fits;
    } cases[] = {
        {400, 1, 32, 6, true},   {400, 3, 32, 6, true},  {350, 2, 64, 6, true},   {1000, 1, 32, 6, true},
        {1, 1500, 32, 1, true},  {2, 1000, 32, 1, true}, {1, 800, 64, 1, true},   {1500, 1, 32, 6, false},
        {1000, 2, 32, 6, false}, {600, 3, 64, 6, false}, {1, 6000, 32, 1, false},
    };
    struct kit kit = {.state = 5};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rf_arena *arena = rf_arena_new();
        struct rf_seccomp p = large(arena, cases[i].calls, cases[i].rules, cases[i].width, cases[i].spread);
        size_t count = generate(arena, &p), cells = 0;
        print_message("%u calls of %u rules, %u bits: %zu instructions", cases[i].calls, cases[i].rules, cases[i].width,
                      count);
        assert_int_equal(count > 0, cases[i].fits);
        if (count) {
            cells = prove(arena, &p, count);
            if (cases[i].calls > 300) assert_true(jumps(count) > 0);
            for (size_t j = 0; j < 2000; j++) {
                struct rf_seccomp_data d = kit_input(&kit, &p);
                if (j % 2) d.args[j % 6] = p.calls[j % p.count].rules[0].when->value;
                assert_int_equal(rf_bpf_run(out, count, &d, NULL), kit_answer(&p, &d));
            }
            print_message(" (%zu trampolines), %zu cells", jumps(count), cells);
        }
        print_message("\n");
        rf_arena_free(arena);
    }
}

/* 1500 lists over six arguments in one call: the regions multiply, and the prover says so. */
static void too_large_to_prove(void **state) {
    (void)state;
    struct rf_arena *arena = rf_arena_new();
    struct rf_seccomp p = large(arena, 1, 1500, 32, 6);
    size_t count = generate(arena, &p);
    assert_true(count > 0);
    struct rf_proof proof = rf_prove(arena, &p, out, count);
    assert_int_equal(proof.result, RF_PROOF_TOO_LARGE);
    assert_in_range(proof.cells, 1, RF_PROOF_CELLS_MAX);
    rf_arena_free(arena);
}

static void order_of_rules_is_nothing(void **state) {
    (void)state;
    struct kit kit = {.state = 31337};
    for (int i = 0; i < 300; i++) {
        kit.arena = rf_arena_new();
        struct rf_seccomp p = kit_policy(&kit, RF_X86_64, (struct kit_shape){6, 5, 1, 80, false}), turned = p;
        struct rf_call_rules *calls = rf_arena_alloc(kit.arena, p.count * sizeof *calls);
        for (size_t c = 0; c < p.count; c++) {
            struct rf_rule *rules = rf_arena_alloc(kit.arena, p.calls[c].count * sizeof *rules);
            for (size_t r = 0; r < p.calls[c].count; r++) rules[r] = p.calls[c].rules[p.calls[c].count - 1 - r];
            calls[c] = (struct rf_call_rules){p.calls[c].number, rules, p.calls[c].count};
        }
        turned.calls = calls;
        prove(kit.arena, &p, generate(kit.arena, &turned));
        rf_arena_free(kit.arena);
    }
}

static void same_policy_same_bytes(void **state) {
    (void)state;
    static struct rf_insn first[RF_FILTER_MAX];
    for (uint64_t seed = 1; seed < 50; seed++) {
        size_t counts[2];
        for (int round = 0; round < 2; round++) {
            struct kit kit = {.arena = rf_arena_new(), .state = seed};
            void *shift = rf_arena_alloc(kit.arena, 8 + 4000 * (size_t)round); /* other addresses */
            memset(shift, 0xff, 8);
            struct rf_seccomp p = kit_policy(&kit, RF_X86_64, (struct kit_shape){30, 4, 2, 80, true});
            counts[round] = generate(kit.arena, &p);
            if (round == 0) memcpy(first, out, counts[0] * sizeof *out);
            rf_arena_free(kit.arena);
        }
        assert_int_equal(counts[0], counts[1]);
        assert_memory_equal(first, out, counts[0] * sizeof *out);
    }
}

static void actions(void **state) {
    (void)state;
    assert_int_equal(rf_action_ret(ALLOW), SECCOMP_RET_ALLOW);
    assert_int_equal(rf_action_ret((struct rf_action){RF_ACT_LOG, 0}), SECCOMP_RET_LOG);
    assert_int_equal(rf_action_ret((struct rf_action){RF_ACT_ERRNO, 4095}), SECCOMP_RET_ERRNO | 4095);
    assert_int_equal(rf_action_ret(KILL), SECCOMP_RET_KILL_PROCESS);
}

static void disassembly(void **state) {
    (void)state;
    static const struct {
        struct rf_insn insn;
        const char *text;
    } cases[] = {
        {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0}, "   7: ld number"},
        {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 4}, "   7: ld arch"},
        {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 8}, "   7: ld [8]"},
        {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 16}, "   7: ld arg0.low"},
        {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 60}, "   7: ld arg5.high"},
        {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 64}, "   7: ld [64]"},
        {{BPF_JMP | BPF_JEQ | BPF_K, 1, 2, 0x1a}, "   7: jeq #0x1a, 9, 10"},
        {{BPF_JMP | BPF_JGT | BPF_K, 0, 255, 1}, "   7: jgt #0x1, 8, 263"},
        {{BPF_JMP | BPF_JGE | BPF_K, 3, 0, 1}, "   7: jge #0x1, 11, 8"},
        {{BPF_JMP | BPF_JSET | BPF_K, 0, 0, 8}, "   7: jset #0x8, 8, 8"},
        {{BPF_JMP | BPF_JA, 0, 0, 300}, "   7: ja 308"},
        {{BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xffff}, "   7: and #0xffff"},
        {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 38}, "   7: ret errno(38)"},
        {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}, "   7: ret allow"},
        {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_LOG}, "   7: ret log"},
        {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS}, "   7: ret kill"},
        {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE | 1}, "   7: ret 0x7ff00001"},
        {{BPF_MISC | BPF_TAX, 0, 0, 3}, "   7: code 0x7, 0, 0, 0x3"},
    };
    char buffer[80];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rf_bpf_disassemble(&cases[i].insn, 7, buffer, sizeof buffer);
        assert_string_equal(buffer, cases[i].text);
    }
    rf_bpf_disassemble(&cases[0].insn, 7, buffer, 5); /* cut, not overrun */
    assert_string_equal(buffer, "   7");
}

static void steps_are_counted(void **state) {
    (void)state;
    struct rf_arena *arena = rf_arena_new();
    struct rf_seccomp p = one_rule(arena, equal(arena, 0, 32, 40));
    size_t count = generate(arena, &p), steps = 0;
    struct rf_seccomp_data d = {.number = 3, .arch = 1};
    assert_int_equal(rf_bpf_run(out, count, &d, &steps), SECCOMP_RET_KILL_PROCESS);
    assert_int_equal(steps, 3); /* ld, jeq, ret */
    d.arch = X86_64_ARCH;
    d.args[0] = 0x500000028; /* the high word is not the call's to read */
    assert_int_equal(rf_bpf_run(out, count, &d, &steps), SECCOMP_RET_ALLOW);
    assert_in_range(steps, 7, 8);
    rf_arena_free(arena);
}

int main(int argc, char **argv) {
    const struct CMUnitTest only[] = {cmocka_unit_test(random_policies)};
    if (argc == 3) {
        rounds = strtoul(argv[1], NULL, 10);
        first_state = strtoull(argv[2], NULL, 10);
        if (!rounds || !first_state) return 2;
        return cmocka_run_group_tests(only, NULL, NULL);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_policies),
        cmocka_unit_test(every_test_at_the_edges),
        cmocka_unit_test(arguments_only_where_they_matter),
        cmocka_unit_test(as_small_as_it_can_be),
        cmocka_unit_test(conditions_are_simplified),
        cmocka_unit_test(long_lists_are_searched),
        cmocka_unit_test(large_policies),
        cmocka_unit_test(too_large_to_prove),
        cmocka_unit_test(order_of_rules_is_nothing),
        cmocka_unit_test(same_policy_same_bytes),
        cmocka_unit_test(actions),
        cmocka_unit_test(disassembly),
        cmocka_unit_test(steps_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
