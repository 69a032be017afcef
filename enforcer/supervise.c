/* SPDX-License-Identifier: Apache-2.0 */
#include "supervise.h"
#include "confine.h"
#include "limit.h"
#include "line.h"
#include "reaper.h"
#include "status.h"

#define BIT(signal) (UINT64_C(1) << ((signal)-1))

static uint64_t early; /* signals that came before the payload was there to have them */

static void wait_for_child(struct rf_launch *launch, siginfo_t *info) {
    int error;
    do error = sys_waitid(P_PID, launch->child, info, WEXITED);
    while (error == -EINTR);
    if (error < 0) rf_fail(RF_STEP(SUPERVISE), error, "cannot wait for the payload");
    launch->child = 0;
}

/* In most places it can be removed without the capability: tried even if that cannot be had. */
static void remove_leaf(void) {
    rf_confine_caps_raise();
    if (!rf_limit_remove()) rf_fail_print(2, "ringfence-run: cgroup: the leaf could not be removed");
}

void rf_supervise_undo(struct rf_launch *launch) {
    siginfo_t info;
    if (launch->child > 0) {
        sys_pidfd_signal(launch->pidfd, SIGKILL);
        while (sys_waitid(P_PID, launch->child, &info, WEXITED) == -EINTR) continue;
        launch->child = 0;
    }
    remove_leaf();
}

/* What the first process and we need no more: clones of mounts would keep file systems busy. */
static void close_objects(struct rf_launch *launch) {
    struct rf_objects *o = &launch->objects;
    if (!(launch->root->flags & RF_ROOT_KEEP)) sys_close(o->root);
    if (launch->notify >= 0) sys_close(launch->notify);
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_MOUNTS); i++)
        if (o->mounts[i] >= 0) sys_close(o->mounts[i]);
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_DEVICES); i++)
        if (o->devices[i] >= 0) sys_close(o->devices[i]);
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_JOINS); i++) sys_close(o->joins[i]);
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_IO); i++) sys_close(o->io[i]);
}

static void send(const struct rf_launch *launch, int signal) {
    sys_pidfd_signal(launch->pidfd, signal);
}

static void pass_on(struct rf_launch *launch, int signal) {
    bool stops = signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
    if (signal == SIGPIPE) return; /* our own, from the status descriptor */
    if (stops && launch->process->init != RF_INIT_REAPER) signal = SIGSTOP;
    send(launch, signal);
    if (stops) sys_kill(sys_getpid(), SIGSTOP); /* and SIGCONT will come through here like any other */
}

/* The ready pipe was hung up: by execve, or by death. */
static void started(struct rf_launch *launch) {
    siginfo_t info = {.si_pid = 0};
    if (__atomic_load_n(&rf_shared->failed, __ATOMIC_ACQUIRE)) {
        rf_fail_report();
    }
    if (!__atomic_load_n(&rf_shared->executing, __ATOMIC_ACQUIRE)) {
        const char *at = rf_fail_step(rf_shared->at);
        send(launch, SIGKILL);
        wait_for_child(launch, &info);
        /* A failure that was being written when we looked is the better message. */
        if (__atomic_load_n(&rf_shared->failed, __ATOMIC_ACQUIRE)) rf_fail_report();
        rf_fail(
            RF_STEP(SUPERVISE), 0,
            "the starting process was killed during the step '%s' (the out-of-memory killer, if memory.max is small)",
            at);
    }
    if (rf_shared->skipped & RF_SKIPPED_OOM) rf_status_skipped("process.oom_score_adj");
    rf_status_tell_skipped();
    rf_status_start(launch);
    rf_limit_sweep();
    /* The root cgroup's directory has mode 0555: removing the leaf from it takes CAP_DAC_OVERRIDE, at the end. */
    if (!rf_confine_caps_only_kill(UINT64_C(1) << CAP_DAC_OVERRIDE))
        rf_fail(RF_STEP(SUPERVISE), 0, "cannot drop our own capabilities");
    for (int n = 1; n <= RF_SIGNALS; n++)
        if (early & BIT(n)) pass_on(launch, n);
}

_Noreturn static void end(struct rf_launch *launch) {
    siginfo_t info = {.si_pid = 0};
    wait_for_child(launch, &info);
    bool exited = info.si_code == 1; /* CLD_EXITED */
    int code = exited ? info.si_status : 0, signal = exited ? 0 : info.si_status;
    if (launch->process->init == RF_INIT_REAPER && __atomic_load_n(&rf_shared->ended, __ATOMIC_ACQUIRE)) {
        code = rf_shared->code & 0xff;
        signal = rf_shared->signal & 0x7f;
    }
    if (signal) code = 128 + signal;
    uint64_t oom_kills = rf_limit_oom_kills();
    remove_leaf();
    rf_status_exit(launch, code, signal, oom_kills);
    sys_exit(code);
}

/* Before the start only what asks us to stop counts, at once; the rest is kept for the payload. */
static void handle_early(int signal) {
    const uint64_t stop = BIT(SIGHUP) | BIT(SIGINT) | BIT(SIGQUIT) | BIT(SIGTERM);
    if (stop & BIT(signal)) rf_fail(RF_STEP(SUPERVISE), 0, "stopped by signal %d before the start", signal);
    if (signal != SIGCHLD) early |= BIT(signal);
}

_Noreturn void rf_supervise(struct rf_launch *launch) {
    bool running = false;
    int fd = rf_must(RF_STEP(SUPERVISE), sys_signalfd(~UINT64_C(0)), "cannot make a signalfd");
    close_objects(launch);
    if (launch->ready[0] < 0) {
        started(launch);
        running = true;
    }
    for (;;) {
        struct pollfd polls[] = {{.fd = fd, .events = POLLIN},
                                 {.fd = launch->pidfd, .events = POLLIN},
                                 {.fd = running ? -1 : launch->ready[0], .events = POLLIN}};
        int n = sys_ppoll(polls, 3, NULL);
        if (n < 0 && n != -EINTR) rf_fail(RF_STEP(SUPERVISE), n, "cannot wait");
        if (n < 0) continue;
        /* The pipe is hung up when the first process is dead, too; should it not be, its death alone must do. */
        if (!running && (polls[2].revents || polls[1].revents)) {
            started(launch);
            running = true;
            continue;
        }
        if (polls[1].revents) end(launch);
        if (!(polls[0].revents & POLLIN)) continue;
        int signal = rf_reaper_next_signal(fd);
        if (!running && signal != 0)
            handle_early(signal);
        else if (running && signal != 0 && signal != SIGCHLD)
            pass_on(launch, signal);
    }
}
