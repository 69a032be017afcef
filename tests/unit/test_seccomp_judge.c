/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of conditions and rules, against inputs: a "never" or "always" that one input contradicts is wrong. */
#include "seccomp_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define INPUTS 200

static struct rf_cond test(enum rf_cond_kind kind, uint64_t value, uint64_t mask) {
    return (struct rf_cond){.kind = kind, .argument = 1, .width = 32, .is_signed = true, .value = value, .mask = mask};
}

static void plain_cases(void **state) {
    (void)state;
    struct rf_arena *arena = rf_arena_new();
    const struct rf_cond one = test(RF_COND_EQ, 1, 0), two = test(RF_COND_EQ, 2, 0), not_one = test(RF_COND_NE, 1, 0),
                         not_two = test(RF_COND_NE, 2, 0), most = test(RF_COND_LE, 0x7fffffff, 0),
                         none = test(RF_COND_LT, 0x80000000, 0), bits = test(RF_COND_BITS_EQ, 1, 3);
    const struct rf_cond both = {.kind = RF_COND_AND, .left = &one, .right = &two},
                         either = {.kind = RF_COND_OR, .left = &not_one, .right = &not_two},
                         masked = {.kind = RF_COND_AND, .left = &bits, .right = &two};
    assert_true(rf_cond_possible(arena, RF_X86_64, NULL) && rf_cond_total(arena, RF_X86_64, NULL));
    assert_true(rf_cond_possible(arena, RF_X86_64, &one));
    assert_false(rf_cond_total(arena, RF_X86_64, &one));
    assert_false(rf_cond_possible(arena, RF_X86_64, &both));
    assert_false(rf_cond_possible(arena, RF_X86_64, &masked));
    assert_false(rf_cond_possible(arena, RF_AARCH64, &none));
    assert_true(rf_cond_total(arena, RF_X86_64, &either));
    assert_true(rf_cond_total(arena, RF_I386, &most));
    rf_arena_free(arena);
}

static bool comes_first(const struct rf_call_rules *call, size_t a, size_t b) {
    struct rf_action x = call->rules[a].action, y = call->rules[b].action;
    return x.kind != y.kind ? x.kind > y.kind : x.error == y.error && a < b;
}

static bool holds(const struct rf_rule *rule, const struct rf_seccomp_data *data) {
    return !rule->when || kit_holds(rule->when, data);
}

struct verdicts {
    bool possible, total, decides;
};

static void contradict(const struct rf_call_rules *call, size_t which, const struct rf_seccomp_data *data,
                       struct verdicts v) {
    bool here = holds(&call->rules[which], data), first = false;
    assert_true(v.possible || !here);
    assert_true(!v.total || here);
    for (size_t i = 0; i < call->count; i++)
        first = first || (i != which && comes_first(call, i, which) && holds(&call->rules[i], data));
    assert_true(v.decides || !here || first);
}

static void random_rules(void **state) {
    (void)state;
    struct kit kit = {.state = 77};
    size_t impossible = 0, total = 0, idle = 0, rules = 0;
    for (int round = 0; round < 3000; round++) {
        kit.arena = rf_arena_new();
        struct rf_seccomp p = kit_policy(&kit, RF_X86_64, (struct kit_shape){3, 4, 2, 80, false});
        for (size_t i = 0; i < p.count; i++)
            for (size_t r = 0; r < p.calls[i].count; r++) {
                size_t other;
                const struct rf_cond *when = p.calls[i].rules[r].when;
                struct verdicts v = {rf_cond_possible(kit.arena, RF_X86_64, when),
                                     rf_cond_total(kit.arena, RF_X86_64, when),
                                     rf_rule_decides(kit.arena, RF_X86_64, &p.calls[i], r, &other)};
                rules++;
                impossible += !v.possible;
                total += v.total && when;
                idle += !v.decides;
                assert_true(v.possible || !v.decides);
                for (int n = 0; n < INPUTS; n++) {
                    struct rf_seccomp_data data = kit_input(&kit, &p);
                    contradict(&p.calls[i], r, &data, v);
                }
            }
        rf_arena_free(kit.arena);
    }
    print_message("%zu rules: %zu impossible, %zu total, %zu never decide\n", rules, impossible, total, idle);
    assert_true(impossible > 50 && total > 50 && idle > 500);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_cases),
        cmocka_unit_test(random_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
