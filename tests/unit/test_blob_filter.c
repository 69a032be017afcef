/* SPDX-License-Identifier: Apache-2.0 */
/* One filter: what the check lets through and what not. */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "view.h"

#define ARCH AUDIT_ARCH_X86_64

#define LD(k)                                                                                                          \
    { BPF_LD | BPF_W | BPF_ABS, 0, 0, k }
#define JEQ(k, jt, jf)                                                                                                 \
    { BPF_JMP | BPF_JEQ | BPF_K, jt, jf, k }
#define JGT(k, jt, jf)                                                                                                 \
    { BPF_JMP | BPF_JGT | BPF_K, jt, jf, k }
#define JGE(k, jt, jf)                                                                                                 \
    { BPF_JMP | BPF_JGE | BPF_K, jt, jf, k }
#define JSET(k, jt, jf)                                                                                                \
    { BPF_JMP | BPF_JSET | BPF_K, jt, jf, k }
#define JA(k)                                                                                                          \
    { BPF_JMP | BPF_JA, 0, 0, k }
#define AND(k)                                                                                                         \
    { BPF_ALU | BPF_AND | BPF_K, 0, 0, k }
#define RET(k)                                                                                                         \
    { BPF_RET | BPF_K, 0, 0, k }
#define KILL  RET(SECCOMP_RET_KILL_PROCESS)
#define ALLOW RET(SECCOMP_RET_ALLOW)
#define HEAD  LD(4), JEQ(ARCH, 1, 0), KILL
#define RAW(code, jt, jf, k)                                                                                           \
    { code, jt, jf, k }

/* X(good, name, instructions) */
#define CASES(X)                                                                                                       \
    X(1, smallest, HEAD, ALLOW)                                                                                        \
    X(1, without_head_kill, LD(4), JEQ(ARCH, 0, 1), ALLOW, KILL)                                                       \
    X(1, all_opcodes, HEAD, LD(0), JGT(5, 0, 1), JA(1), JGE(3, 0, 1), LD(16), AND(7), JSET(1, 0, 1), ALLOW, KILL)      \
    X(1, last_word, HEAD, LD(60), ALLOW)                                                                               \
    X(1, errno_1, HEAD, RET(SECCOMP_RET_ERRNO | 1))                                                                    \
    X(1, errno_4095, HEAD, RET(SECCOMP_RET_ERRNO | 4095))                                                              \
    X(1, log, HEAD, RET(SECCOMP_RET_LOG))                                                                              \
    X(1, user_notif, HEAD, RET(SECCOMP_RET_USER_NOTIF))                                                                \
    X(0, notif_data, HEAD, RET(SECCOMP_RET_USER_NOTIF | 1))                                                            \
    X(1, foreign_jumps, LD(4), JEQ(ARCH, 3, 0), JEQ(7, 0, 0), JA(0), KILL, ALLOW)                                      \
    X(1, compat, LD(4), JEQ(ARCH, 2, 0), JEQ(AUDIT_ARCH_I386, 1, 0), KILL, LD(0), ALLOW)                               \
    X(0, compat_of_another, LD(4), JEQ(ARCH, 2, 0), JEQ(AUDIT_ARCH_ARM, 1, 0), KILL, LD(0), ALLOW)                     \
    X(0, compat_not_equal, LD(4), JEQ(ARCH, 2, 0), JEQ(AUDIT_ARCH_I386, 0, 1), KILL, LD(0), ALLOW)                     \
    X(0, compat_masked, LD(4), JEQ(ARCH, 3, 0), AND(~0u), JEQ(AUDIT_ARCH_I386, 1, 0), KILL, LD(0), ALLOW)              \
    X(1, both_to_kill, LD(4), JEQ(ARCH, 0, 0), KILL)                                                                   \
    X(0, one, KILL)                                                                                                    \
    X(0, first_not_arch, LD(0), JEQ(ARCH, 1, 0), KILL, ALLOW)                                                          \
    X(0, first_not_load, AND(4), JEQ(ARCH, 1, 0), KILL, ALLOW)                                                         \
    X(0, second_not_equal, LD(4), JGE(ARCH, 1, 0), KILL, ALLOW)                                                        \
    X(0, second_jumps, LD(4), JA(0), ALLOW)                                                                            \
    X(0, another_arch, LD(4), JEQ(AUDIT_ARCH_I386, 1, 0), KILL, ALLOW)                                                 \
    X(0, foreign_allow, LD(4), JEQ(ARCH, 1, 0), ALLOW, ALLOW)                                                          \
    X(0, foreign_errno, LD(4), JEQ(ARCH, 1, 0), RET(SECCOMP_RET_ERRNO | 1), ALLOW)                                     \
    X(0, arch_swapped, LD(4), JEQ(ARCH, 0, 1), KILL, ALLOW)                                                            \
    X(0, arch_unused, LD(4), JEQ(ARCH, 0, 0), ALLOW)                                                                   \
    X(0, foreign_load, LD(4), JEQ(ARCH, 1, 0), LD(0), KILL)                                                            \
    X(0, shared_load, LD(4), JEQ(ARCH, 1, 0), JA(0), LD(0), KILL)                                                      \
    X(0, foreign_loads_arch, LD(4), JEQ(ARCH, 2, 0), LD(4), KILL, ALLOW)                                               \
    X(0, instruction_pointer_low, HEAD, LD(8), ALLOW)                                                                  \
    X(0, instruction_pointer_high, HEAD, LD(12), ALLOW)                                                                \
    X(0, unaligned, HEAD, LD(18), ALLOW)                                                                               \
    X(0, past_the_end, HEAD, LD(64), ALLOW)                                                                            \
    X(0, far_past_the_end, HEAD, LD(0xfffffffc), ALLOW)                                                                \
    X(0, falls_off, HEAD, LD(0))                                                                                       \
    X(0, and_falls_off, HEAD, AND(1))                                                                                  \
    X(0, true_target_outside, HEAD, JEQ(1, 2, 0), ALLOW, KILL)                                                         \
    X(0, false_target_outside, HEAD, JEQ(1, 0, 2), ALLOW, KILL)                                                        \
    X(0, far_target_outside, HEAD, JA(1), ALLOW)                                                                       \
    X(0, backward, HEAD, JA(0xffffffff), ALLOW)                                                                        \
    X(0, far_backward, HEAD, LD(0), JA(0xfffffffd), ALLOW)                                                             \
    X(0, unreachable_end, HEAD, ALLOW, KILL)                                                                           \
    X(0, unreachable_middle, HEAD, JA(1), LD(0), ALLOW)                                                                \
    X(0, errno_0, HEAD, RET(SECCOMP_RET_ERRNO))                                                                        \
    X(0, errno_4096, HEAD, RET(SECCOMP_RET_ERRNO | 4096))                                                              \
    X(0, kill_thread, HEAD, RET(SECCOMP_RET_KILL_THREAD))                                                              \
    X(0, kill_data, HEAD, RET(SECCOMP_RET_KILL_PROCESS | 1))                                                           \
    X(0, trap, HEAD, RET(SECCOMP_RET_TRAP))                                                                            \
    X(0, trace, HEAD, RET(SECCOMP_RET_TRACE))                                                                          \
    X(0, log_data, HEAD, RET(SECCOMP_RET_LOG | 1))                                                                     \
    X(0, allow_data, HEAD, RET(SECCOMP_RET_ALLOW | 1))                                                                 \
    X(0, unknown_action, HEAD, RET(0x12340000))                                                                        \
    X(0, load_jt, HEAD, RAW(BPF_LD | BPF_W | BPF_ABS, 1, 0, 0), ALLOW)                                                 \
    X(0, and_jf, HEAD, RAW(BPF_ALU | BPF_AND | BPF_K, 0, 1, 0), ALLOW)                                                 \
    X(0, ret_jt, HEAD, RAW(BPF_RET | BPF_K, 1, 0, SECCOMP_RET_ALLOW))                                                  \
    X(0, ja_jf, HEAD, RAW(BPF_JMP | BPF_JA, 0, 1, 0), ALLOW)                                                           \
    X(0, head_jt, RAW(BPF_LD | BPF_W | BPF_ABS, 1, 0, 4), JEQ(ARCH, 1, 0), KILL, ALLOW)                                \
    X(0, load_half, HEAD, RAW(BPF_LD | BPF_H | BPF_ABS, 0, 0, 0), ALLOW)                                               \
    X(0, load_indirect, HEAD, RAW(BPF_LD | BPF_W | BPF_IND, 0, 0, 0), ALLOW)                                           \
    X(0, load_immediate, HEAD, RAW(BPF_LD | BPF_IMM, 0, 0, 0), ALLOW)                                                  \
    X(0, load_length, HEAD, RAW(BPF_LD | BPF_W | BPF_LEN, 0, 0, 0), ALLOW)                                             \
    X(0, load_memory, HEAD, RAW(BPF_LD | BPF_MEM, 0, 0, 0), ALLOW)                                                     \
    X(0, store, HEAD, RAW(BPF_ST, 0, 0, 0), ALLOW)                                                                     \
    X(0, add, HEAD, RAW(BPF_ALU | BPF_ADD | BPF_K, 0, 0, 1), ALLOW)                                                    \
    X(0, or, HEAD, RAW(BPF_ALU | BPF_OR | BPF_K, 0, 0, 1), ALLOW)                                                      \
    X(0, and_x, HEAD, RAW(BPF_ALU | BPF_AND | BPF_X, 0, 0, 0), ALLOW)                                                  \
    X(0, jeq_x, HEAD, RAW(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 0), ALLOW)                                                  \
    X(0, return_a, HEAD, RAW(BPF_RET | BPF_A, 0, 0, 0))                                                                \
    X(0, move, HEAD, RAW(BPF_MISC | BPF_TAX, 0, 0, 0), ALLOW)                                                          \
    X(0, high_code, HEAD, RAW(0x100 | BPF_LD | BPF_W | BPF_ABS, 0, 0, 0), ALLOW)

#define X(good, name, ...) static const struct rf_insn case_##name[] = {__VA_ARGS__};
CASES(X)
#undef X

static const struct {
    const char *name;
    const struct rf_insn *insns;
    uint32_t count;
    int good;
} cases[] = {
#define X(good, name, ...) {#name, case_##name, sizeof case_##name / sizeof case_##name[0], good},
    CASES(X)
#undef X
};

static void judges_each_case(void **state) {
    (void)state;
    unsigned failures = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum rf_blob_error error = rf_view_check_filter(cases[i].insns, cases[i].count, ARCH);
        if (error == (cases[i].good ? RF_BLOB_OK : RF_BLOB_E_FILTER)) continue;
        print_error("%s: %s\n", cases[i].name, rf_blob_error_text(error));
        failures++;
    }
    assert_int_equal(failures, 0);
}

static void allows_only_listed_opcodes(void **state) {
    (void)state;
    static const uint16_t allowed[] = {0x20, 0x05, 0x15, 0x25, 0x35, 0x45, 0x54, 0x06};
    unsigned accepted = 0;
    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        /* valid whatever it is: a load of word 0, a jump to the next, a return that needs the last line reached */
        struct rf_insn insns[] = {HEAD, JEQ(1, 0, 1), {(uint16_t)code, 0, 0, 0}, ALLOW};
        if (code == (BPF_RET | BPF_K)) insns[4].k = SECCOMP_RET_LOG;
        int listed = 0;
        for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) listed |= allowed[i] == code;
        enum rf_blob_error error = rf_view_check_filter(insns, 6, ARCH);
        assert_int_equal(error, listed ? RF_BLOB_OK : RF_BLOB_E_FILTER);
        accepted += error == RF_BLOB_OK;
    }
    assert_int_equal(accepted, 8);
}

static void knows_its_size(void **state) {
    (void)state;
    static struct rf_insn insns[RF_FILTER_MAX + 1];
    const struct rf_insn head[] = {HEAD}, and = AND(1), allow = ALLOW;
    memcpy(insns, head, sizeof head);
    for (uint32_t i = 3; i <= RF_FILTER_MAX; i++) insns[i] = and;
    insns[RF_FILTER_MAX - 1] = allow;
    assert_int_equal(rf_view_check_filter(insns, RF_FILTER_MAX, ARCH), RF_BLOB_OK);
    insns[RF_FILTER_MAX - 1] = and;
    insns[RF_FILTER_MAX] = allow;
    assert_int_equal(rf_view_check_filter(insns, RF_FILTER_MAX + 1, ARCH), RF_BLOB_E_FILTER);
    assert_int_equal(rf_view_check_filter(insns, 0, ARCH), RF_BLOB_E_FILTER);
    assert_int_equal(rf_view_check_filter(insns, UINT32_MAX, ARCH), RF_BLOB_E_FILTER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_each_case),
        cmocka_unit_test(allows_only_listed_opcodes),
        cmocka_unit_test(knows_its_size),
    };
    return cmocka_run_group_tests_name("blob filter", tests, NULL, NULL);
}
