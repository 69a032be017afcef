/* SPDX-License-Identifier: Apache-2.0 */
#include "reaper.h"
#include "confine.h"
#include "enter.h"
#include "files.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

int rf_reaper_next_signal(int signalfd) {
    struct signalfd_siginfo info;
    int n;
    do n = sys_read(signalfd, &info, sizeof info);
    while (n == -EINTR);
    return n == (int)sizeof info && info.ssi_signo >= 1 && info.ssi_signo <= RF_SIGNALS ? (int)info.ssi_signo : 0;
}

/* Takes all that has ended; exits when the payload has. */
static void reap(int payload) {
    for (;;) {
        siginfo_t info = {.si_pid = 0};
        int error = sys_waitid(P_ALL, 0, &info, WEXITED | WNOHANG);
        if (error == -EINTR) continue;
        if (error < 0) sys_exit(RF_STEP_FAILED); /* the payload is not reaped yet, so there is something to wait for */
        if (info.si_pid == 0) return;
        if (info.si_pid != payload) continue;
        bool exited = info.si_code == 1; /* CLD_EXITED */
        rf_shared->code = exited ? info.si_status : 0;
        rf_shared->signal = exited ? 0 : info.si_status;
        __atomic_store_n(&rf_shared->ended, 1u, __ATOMIC_RELEASE);
        sys_exit(exited ? info.si_status : 128 + info.si_status);
    }
}

static void pass_on(int signal, int payload) {
    if (signal == SIGPIPE) return;
    /* The payload leads a session without a terminal, where the kernel ignores SIGTSTP and its kin. */
    if (signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) signal = SIGSTOP;
    sys_kill(payload, signal); /* not yet reaped, so the number is its own */
}

/* The payload may read /proc/1/cmdline, and with CAP_SYS_PTRACE /proc/1/environ: the launcher's words and variables
 * (host paths, tokens) are not its business. */
static void forget_words(const struct rf_launch *launch) {
    char *end = launch->options->words_end;
    for (char *p = launch->options->words; p < end; p++) *p = '\0';
}

/* A payload with the reaper's uid must not find anything to gain in it. */
static void become_harmless(const struct rf_launch *launch) {
    rf_must(RF_STEP(REAPER), rf_files_close_but(0, 0, launch->go[0], -1), "cannot close descriptors");
    if (!rf_confine_caps_only_kill(0)) rf_fail(RF_STEP(REAPER), 0, "cannot drop capabilities");
}

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH AUDIT_ARCH_RISCV64
#endif
#define STATEMENT(operation, k) ((struct sock_filter){(operation), 0, 0, (k)})
#define ALLOW(call, left)       ((struct sock_filter){BPF_JMP | BPF_JEQ | BPF_K, (left), 0, __NR_##call})

/* A payload with CAP_SYS_PTRACE can make us do its calls, which its own filter would not let through: so only what
 * watch() itself does remains. */
static void fence_in(void) {
    struct sock_filter insns[] = {
        STATEMENT(BPF_LD | BPF_W | BPF_ABS, 4), /* offsetof(struct seccomp_data, arch) */
        {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCH},
        STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        STATEMENT(BPF_LD | BPF_W | BPF_ABS, 0), /* nr */
        ALLOW(ppoll, 6),
        ALLOW(read, 5),
        ALLOW(waitid, 4),
        ALLOW(kill, 3),
        ALLOW(restart_syscall, 2),
        ALLOW(exit_group, 1),
        STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof insns / sizeof insns[0], .filter = insns};
    rf_must(RF_STEP(REAPER), sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &program),
            "cannot install the reaper's own filter");
}

_Noreturn static void watch(const struct rf_launch *launch, int payload) {
    forget_words(launch);
    become_harmless(launch);
    int fd = rf_must(RF_STEP(REAPER), sys_signalfd(~UINT64_C(0)), "cannot make a signalfd");
    fence_in();
    __atomic_store_n(&rf_shared->harmless, 1u, __ATOMIC_RELEASE);
    reap(payload); /* its SIGCHLD may have come before the signalfd; it is pending, but this costs nothing */
    for (;;) {
        struct pollfd polls[2] = {{.fd = fd, .events = POLLIN}, {.fd = launch->go[0], .events = 0}};
        int n = sys_ppoll(polls, 2, NULL);
        if (n < 0 && n != -EINTR) sys_exit(RF_STEP_FAILED);
        if (polls[1].revents) sys_exit(RF_STEP_FAILED); /* the supervisor is gone; with us goes the namespace */
        if (!(polls[0].revents & POLLIN)) continue;
        int signal = rf_reaper_next_signal(fd);
        if (signal == SIGCHLD)
            reap(payload);
        else if (signal != 0)
            pass_on(signal, payload);
    }
}

void rf_reaper_start(struct rf_launch *launch) {
    struct clone_args args = {.exit_signal = SIGCHLD};
    if (launch->process->init != RF_INIT_REAPER) return;
    if (rf_launch_new(launch, CLONE_NEWUSER) && rf_launch_new(launch, CLONE_NEWTIME)) rf_enter_time(launch);
    int us = sys_getpid();
    /* In a new pid namespace we are init anyway; elsewhere orphans come to us only if we ask. */
    rf_must(RF_STEP(REAPER), sys_prctl(PR_SET_CHILD_SUBREAPER, 1, 0), "cannot become a subreaper");
    int child = rf_must(RF_STEP(REAPER), sys_clone3(&args), "cannot start the payload process");
    if (child > 0) watch(launch, child);
    rf_enter_die_with_parent(launch);
    if (sys_getppid() != us) sys_exit(RF_STEP_FAILED);
    rf_confine_session(launch); /* not the reaper's session: a signal to the one is not for the other */
}

/* Mostly it has long been done: the payload process makes many more calls meanwhile.  Should the reaper die instead,
 * the parent-death signal ends this wait. */
void rf_reaper_await(struct rf_launch *launch) {
    const struct __kernel_timespec pause = {0, 50000};
    if (launch->process->init != RF_INIT_REAPER) return;
    while (!__atomic_load_n(&rf_shared->harmless, __ATOMIC_ACQUIRE)) sys_ppoll(NULL, 0, &pause);
}
