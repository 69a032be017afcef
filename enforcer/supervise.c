/* SPDX-License-Identifier: Apache-2.0 */
#include "supervise.h"
#include "confine.h"
#include "limit.h"
#include "line.h"
#include "reaper.h"
#include "status.h"
#include "terminal.h"

#define BIT(signal) (UINT64_C(1) << ((signal)-1))

static uint64_t early; /* signals that came before the payload was there to have them */

static struct rf_attend attend; /* as the policy says, or as one without a record */
static bool stops;              /* stop_timeout counts from any SIGTERM that is passed on */
static int timer;               /* -1: nothing can come due (any more) */
static bool stopping;           /* the next that comes due is SIGKILL */
static bool paused;             /* we have stopped the payload, and SIGCONT has not come yet */
static struct rf_status_end last;

/* In place the first process is not our child, and only ends. */
static int await(struct rf_launch *launch, siginfo_t *info, struct rusage *usage) {
    struct pollfd end = {.fd = launch->pidfd, .events = POLLIN};
    int error;
    do error = rf_shared->in_place ? sys_ppoll(&end, 1, NULL) : sys_waitid_usage(launch->child, info, usage);
    while (error == -EINTR);
    launch->child = 0;
    return error;
}

static void wait_for_child(struct rf_launch *launch, siginfo_t *info, struct rusage *usage) {
    rf_must(RF_STEP(SUPERVISE), await(launch, info, usage), "cannot wait for the payload");
}

/* In most places it can be removed without the capability: tried even if that cannot be had. */
static void remove_leaf(void) {
    rf_confine_caps_raise();
    if (!rf_limit_remove()) rf_fail_print(2, "ringfence-run: cgroup: the leaf could not be removed");
}

void rf_supervise_undo(struct rf_launch *launch) {
    siginfo_t info;
    rf_terminal_restore();
    if (launch->child > 0) {
        /* What has failed in place ends with its own exit code. */
        if (!rf_shared->in_place || !rf_shared->failed) sys_pidfd_signal(launch->pidfd, SIGKILL);
        rf_shared->reported = 1;
        await(launch, &info, NULL);
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
    if (o->ready >= 0) sys_close(o->ready);
    /* Who holds the other end of one must see the payload close it. */
    for (int fd = 3; fd <= (int)RF_KEEP_FD_MAX; fd++)
        if (launch->keep >> fd & 1) sys_close(fd);
}

static void send(const struct rf_launch *launch, int signal) {
    sys_pidfd_signal(launch->pidfd, signal);
}

/* Time that the machine is suspended counts. */
static void make_timer(const struct rf_launch *launch) {
    attend.stop_timeout = RF_STOP_TIMEOUT;
    if (rf_view_count(&launch->view, RF_ATTEND) > 0) attend = *RF_RECORD(&launch->view, ATTEND, struct rf_attend, 0);
    stops = (attend.flags & RF_ATTEND_STOP) != 0;
    /* To process 1 the kernel delivers only what it handles. */
    if (launch->process->init != RF_INIT_REAPER && rf_launch_new(launch, CLONE_NEWPID)) stops = true;
    timer = -1;
    if (attend.time_limit || stops)
        timer = rf_must(RF_STEP(SUPERVISE), sys_timerfd(RF_CLOCK_BOOTTIME), "cannot make a timer");
}

static void set_timer(uint64_t milliseconds) {
    const uint64_t second = 1000;
    const struct __kernel_itimerspec at = {
        .it_value = {(long long)(milliseconds / second), (long long)(milliseconds % second) * 1000000 + 1}};
    rf_must(RF_STEP(SUPERVISE), sys_timerfd_set(timer, &at), "cannot make a timer");
}

static void stop_soon(void) {
    stopping = true;
    set_timer(attend.stop_timeout);
}

static void come_due(struct rf_launch *launch) {
    if (stopping) {
        send(launch, SIGKILL);
        sys_close(timer);
        timer = -1;
    } else {
        last.time_limit = true;
        send(launch, SIGTERM);
        stop_soon();
    }
}

static void pass_on(struct rf_launch *launch, int signal) {
    bool pauses = signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
    if (signal == SIGPIPE) return; /* our own, from the status descriptor */
    if (rf_terminal_signal(signal)) return;
    if (signal == SIGTERM && !stopping && stops) stop_soon();
    if (pauses && launch->process->init != RF_INIT_REAPER) signal = SIGSTOP;
    send(launch, signal);
    if (pauses || signal == SIGCONT) paused = pauses;
    if (pauses) sys_kill(sys_getpid(), SIGSTOP); /* and SIGCONT will come through here like any other */
}

/* What was stopped by someone else, or by itself.  Once SIGCONT has come here, it goes on with us.  A reaper is not
 * stopped with its child. */
static void stop_with_child(const struct rf_launch *launch) {
    siginfo_t info = {.si_pid = 0};
    sys_waitid(P_PID, launch->child, &info, WSTOPPED | WNOHANG);
    if (info.si_pid != 0 && !paused) sys_kill(sys_getpid(), SIGSTOP);
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
        wait_for_child(launch, &info, NULL);
        /* A failure that was being written when we looked is the better message. */
        if (__atomic_load_n(&rf_shared->failed, __ATOMIC_ACQUIRE)) rf_fail_report();
        rf_fail(
            RF_STEP(SUPERVISE), 0,
            "the starting process was killed during the step '%s' (the out-of-memory killer, if memory.max is small)",
            at);
    }
    if (rf_shared->skipped & RF_SKIPPED_OOM) rf_status_skipped("process.oom_score_adj");
    rf_status_tell_skipped();
    rf_terminal_take(launch);
    if (attend.time_limit) set_timer(attend.time_limit);
    rf_status_start(launch);
    rf_limit_sweep();
    if (rf_shared->in_place) {
        rf_limit_leave();
        sys_exit(0);
    }
    /* The root cgroup's directory has mode 0555: removing the leaf from it takes CAP_DAC_OVERRIDE, at the end. */
    if (!rf_confine_caps_only_kill(UINT64_C(1) << CAP_DAC_OVERRIDE))
        rf_fail(RF_STEP(SUPERVISE), 0, "cannot drop our own capabilities");
    for (int n = 1; n <= RF_SIGNALS; n++)
        if (early & BIT(n)) pass_on(launch, n);
}

_Noreturn static void finish(struct rf_launch *launch) {
    rf_terminal_restore();
    rf_status_exit(launch, &last);
    /* Not dumpable: this leaves no core.  Where we are pid 1 nothing comes of it, and the code has to do. */
    if (last.signal && launch->options->exact_status) {
        sys_sigaction(last.signal, &sys_action_default, NULL); /* of SIGKILL it is nothing else */
        sys_sigmask(~BIT(last.signal), NULL);
        sys_kill(sys_getpid(), last.signal);
    }
    sys_exit(last.code);
}

/* Of the payload and all that was with it.  What it wrote to a pseudo-terminal may still have to be carried. */
static void end(struct rf_launch *launch) {
    siginfo_t info = {.si_pid = 0};
    struct rusage usage;
    wait_for_child(launch, &info, &usage);
    bool exited = info.si_code == 1; /* CLD_EXITED */
    int code = exited ? info.si_status : 0, signal = exited ? 0 : info.si_status;
    if (launch->process->init == RF_INIT_REAPER && __atomic_load_n(&rf_shared->ended, __ATOMIC_ACQUIRE)) {
        code = rf_shared->code & 0xff;
        signal = rf_shared->signal & 0x7f;
    }
    if (signal) code = 128 + signal;
    last.code = code;
    last.signal = signal;
    if (launch->options->status_fd >= 0) rf_limit_count(last.counts, &usage);
    remove_leaf();
    launch->pidfd = timer = -1;
    rf_terminal_end();
}

#define ASKS_TO_STOP (BIT(SIGHUP) | BIT(SIGINT) | BIT(SIGQUIT) | BIT(SIGTERM))

/* Before the start only what asks us to stop counts, at once; the rest is kept for the payload. */
static void handle_early(int signal) {
    if (ASKS_TO_STOP & BIT(signal)) rf_fail(RF_STEP(SUPERVISE), 0, "stopped by signal %d before the start", signal);
    if (signal != SIGCHLD) early |= BIT(signal);
}

_Noreturn void rf_supervise(struct rf_launch *launch) {
    const struct __kernel_timespec pause = {0, 1000000};
    /* Then signals are the first process's own; and it tells of a failure before it ends. */
    const bool in_place = rf_shared->in_place;
    bool running = false;
    int fd = -1;
    if (!in_place) fd = rf_must(RF_STEP(SUPERVISE), sys_signalfd(~UINT64_C(0)), "cannot make a signalfd");
    close_objects(launch);
    make_timer(launch);
    if (!in_place && launch->ready[0] < 0) {
        started(launch);
        running = true;
    }
    for (;;) {
        /* Of the ready pipe only the hang-up is waited for: what comes over it before is for rf_terminal_take(). */
        struct pollfd polls[3 + RF_TERMINAL_POLLS] = {
            {.fd = fd, .events = POLLIN},
            {.fd = launch->pidfd, .events = POLLIN},
            {.fd = running ? timer : launch->ready[0], .events = running ? POLLIN : 0}};
        if (launch->pidfd < 0 && rf_terminal_is_drained()) finish(launch);
        if (running) rf_terminal_poll(polls + 3);
        int n = sys_ppoll(polls, running ? 3 + RF_TERMINAL_POLLS : 3, in_place ? &pause : NULL);
        if (n < 0 && n != -EINTR) rf_fail(RF_STEP(SUPERVISE), n, "cannot wait");
        if (n < 0) continue;
        /* The pipe is hung up when the first process is dead, too; should it not be, its death alone must do. */
        if (!running && (polls[2].revents || polls[1].revents || rf_shared->failed)) {
            started(launch);
            running = true;
            continue;
        }
        if (running) rf_terminal_relay(polls + 3);
        if (polls[1].revents) end(launch);
        if (polls[2].revents && timer >= 0) come_due(launch);
        if (!(polls[0].revents & POLLIN)) continue;
        int signal = rf_reaper_next_signal(fd);
        if (signal == 0) continue;
        if (!running)
            handle_early(signal);
        else if (signal == SIGCHLD)
            stop_with_child(launch);
        else if (launch->pidfd >= 0)
            pass_on(launch, signal);
        else if (ASKS_TO_STOP & BIT(signal)) /* instead of waiting for somebody to read the rest */
            finish(launch);
    }
}
