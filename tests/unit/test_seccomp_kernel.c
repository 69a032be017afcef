/* SPDX-License-Identifier: Apache-2.0 */
/* The running kernel takes the filters, and its answers are the policy's. */
#include "seccomp_kit.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__x86_64__)
#define HERE RF_X86_64
#elif defined(__aarch64__)
#define HERE RF_AARCH64
#else
#define HERE RF_RISCV64
#endif

/* getppid ignores its arguments: any of them can be tried, and "allowed" is a positive answer. */
#define TRIED ((uint32_t)SYS_getppid)

static struct rf_insn out[RF_FILTER_MAX];
static const struct rf_action ALLOWED = {RF_ACT_ALLOW, 0};

_Static_assert(sizeof(struct rf_insn) == sizeof(struct sock_filter), "the kernel's own instruction");
_Static_assert(offsetof(struct rf_insn, k) == offsetof(struct sock_filter, k), "the kernel's own instruction");
_Static_assert(sizeof(struct rf_seccomp_data) == sizeof(struct seccomp_data), "the kernel's own input");
_Static_assert(offsetof(struct rf_seccomp_data, args) == offsetof(struct seccomp_data, args), "the kernel's input");

static int install(size_t count) {
    struct rlimit none = {0, 0};
    struct sock_fprog program = {(unsigned short)count, (struct sock_filter *)out};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -1; /* a kill dumps core */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static int reap(pid_t child) {
    int status = 0;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static bool can_filter(void) {
    pid_t child = fork();
    if (child == 0) {
        out[0] = (struct rf_insn){BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
        _exit(install(1) == 0 ? 0 : errno);
    }
    int status = reap(child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    print_message("SKIP: no seccomp filters here (errno %d)\n", WEXITSTATUS(status));
    return false;
}

static long tried(const struct rf_seccomp_data *d) {
    const uint64_t *a = d->args;
    errno = 0;
    return syscall((long)TRIED, a[0], a[1], a[2], a[3], a[4], a[5]);
}

enum { INPUTS = 40, WRONG_ANSWER = 100, WRONG_ERRNO, NOT_INSTALLED };

/* In a child: installs out[0..count) and tries the inputs that the policy does not kill. */
static void try_survivable(size_t count, const struct rf_seccomp_data *inputs, const uint32_t *answers) {
    if (install(count) != 0) _exit(NOT_INSTALLED);
    for (int i = 0; i < INPUTS; i++) {
        uint32_t action = answers[i] & SECCOMP_RET_ACTION_FULL, error = answers[i] & SECCOMP_RET_DATA;
        if (action == SECCOMP_RET_KILL_PROCESS) continue;
        long result = tried(&inputs[i]);
        bool refused = action == SECCOMP_RET_ERRNO;
        if ((result < 0) != refused) _exit(WRONG_ANSWER);
        if (refused && (uint32_t)errno != error) _exit(WRONG_ERRNO);
    }
    _exit(0);
}

/* A random policy about getppid; all else is allowed, so that the child can report. */
static struct rf_seccomp about_getppid(struct kit *kit) {
    struct rf_seccomp p = kit_policy(kit, HERE, (struct kit_shape){1, 4, 2, 1, false});
    while (p.count != 1 || p.calls[0].number > 0) p = kit_policy(kit, HERE, (struct kit_shape){1, 4, 2, 1, false});
    struct rf_call_rules *calls = RF_NEW(kit->arena, struct rf_call_rules);
    *calls = (struct rf_call_rules){TRIED, p.calls[0].rules, p.calls[0].count};
    p.calls = calls;
    p.fallback = p.unknown = ALLOWED;
    return p;
}

static void answers_are_the_policys(void **state) {
    (void)state;
    if (!can_filter()) skip();
    struct kit kit = {.state = 8086, .no_notify = true}; /* nobody listens */
    size_t kills = 0, errors = 0, allowed = 0;
    for (int round = 0; round < 60; round++) {
        kit.arena = rf_arena_new();
        struct rf_seccomp p = about_getppid(&kit);
        struct rf_seccomp_data inputs[INPUTS];
        uint32_t answers[INPUTS];
        size_t count = rf_gen(kit.arena, &p, out);
        assert_true(count > 0);
        const struct rf_seccomp_data *killed = NULL;
        for (int i = 0; i < INPUTS; i++) {
            inputs[i] = kit_input(&kit, &p);
            inputs[i].number = TRIED;
            inputs[i].arch = rf_machine_info[HERE].audit_arch;
            answers[i] = rf_policy_answer(&p, &inputs[i]);
            if (answers[i] == SECCOMP_RET_KILL_PROCESS) killed = &inputs[i];
            *(answers[i] >> 31 ? &kills : answers[i] >= SECCOMP_RET_LOG ? &allowed : &errors) += 1;
        }
        pid_t child = fork();
        if (child == 0) try_survivable(count, inputs, answers);
        int status = reap(child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        if (killed) {
            child = fork();
            if (child == 0) {
                if (install(count) != 0) _exit(NOT_INSTALLED);
                tried(killed);
                _exit(WRONG_ANSWER);
            }
            status = reap(child);
            assert_true(WIFSIGNALED(status));
            assert_int_equal(WTERMSIG(status), SIGSYS);
        }
        rf_arena_free(kit.arena);
    }
    assert_true(kills > 50 && errors > 50 && allowed > 50);
}

/* The policy with exit_group allowed, so that the child can report. */
static struct rf_seccomp with_an_exit(struct kit *kit, struct rf_seccomp p) {
    static const struct rf_rule allow = {NULL, {RF_ACT_ALLOW, 0}};
    struct rf_call_rules *calls = rf_arena_alloc(kit->arena, (p.count + 1) * sizeof *calls);
    size_t count = 0, i = 0;
    for (; i < p.count && p.calls[i].number < SYS_exit_group; i++) calls[count++] = p.calls[i];
    calls[count++] = (struct rf_call_rules){SYS_exit_group, &allow, 1};
    for (; i < p.count; i++)
        if (p.calls[i].number != SYS_exit_group) calls[count++] = p.calls[i];
    p.calls = calls;
    p.count = count;
    return p;
}

/* Large random filters: whatever is generated, the kernel's checker accepts it. */
static void every_filter_is_taken(void **state) {
    (void)state;
    if (!can_filter()) skip();
    struct kit kit = {.state = 68000};
    size_t longest = 0;
    for (int round = 0; round < 60; round++) {
        kit.arena = rf_arena_new();
        struct rf_seccomp p = kit_policy(&kit, HERE, (struct kit_shape){300, 6, 2, 600, false});
        p = with_an_exit(&kit, p);
        size_t count = rf_gen(kit.arena, &p, out);
        assert_true(count > 0);
        if (count > longest) longest = count;
        pid_t child = fork();
        /* not _exit(): a sanitizer makes other calls before it, and the policy may kill those */
        if (child == 0) syscall(SYS_exit_group, install(count) == 0 ? 0 : NOT_INSTALLED);
        int status = reap(child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        rf_arena_free(kit.arena);
    }
    print_message("60 filters of up to %zu instructions\n", longest);
    assert_true(longest > 1000);
}

#if defined(__x86_64__)
/* The x32 range of numbers is killed, whatever the policy says of the call itself. */
static void x32_is_killed(void **state) {
    (void)state;
    if (!can_filter()) skip();
    struct rf_arena *arena = rf_arena_new();
    struct rf_rule rule = {NULL, ALLOWED};
    struct rf_call_rules call = {0x40000000u + TRIED, &rule, 1};
    struct rf_seccomp p = {HERE, RF_RELEASE(6, 18), ALLOWED, ALLOWED, &call, 1, NULL, NULL};
    size_t count = rf_gen(arena, &p, out);
    pid_t child = fork();
    if (child == 0) {
        if (install(count) != 0) _exit(NOT_INSTALLED);
        if (syscall((long)TRIED) <= 0) _exit(WRONG_ANSWER);
        syscall(0x40000000L + TRIED);
        _exit(0);
    }
    int status = reap(child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
    rf_arena_free(arena);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_the_policys),
        cmocka_unit_test(every_filter_is_taken),
#if defined(__x86_64__)
        cmocka_unit_test(x32_is_killed),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
