/* SPDX-License-Identifier: Apache-2.0 */
#include "enter.h"
#include "files.h"
#include "limit.h"
#include "line.h"
#include "notify.h"
#include "rights.h"
#include "terminal.h"
#include <linux/prctl.h>

/* The cgroup namespace is unshared by the child once it is in its leaf, or its root would be the launcher's
 * cgroup; the time namespace takes its offsets before anyone is in it. */
#define BY_CLONE (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

static void join(const struct rf_launch *launch, uint32_t kinds) {
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_JOINS); i++) {
        const struct rf_join *j = RF_RECORD(&launch->view, JOINS, struct rf_join, i);
        if (!(j->kind & kinds)) continue;
        rf_must(RF_AT(JOIN, JOINS, i), sys_setns(launch->objects.joins[i], j->kind), "cannot join %s",
                rf_view_string(&launch->view, j->path));
    }
}

void rf_enter_time(struct rf_launch *launch) {
    char text[96];
    rf_must(RF_STEP(ENTER), sys_unshare(CLONE_NEWTIME), "cannot make a time namespace");
    if (!(launch->ns->flags & RF_NS_SET_TIME)) return;
    RF_PRINT(text, "monotonic %ld 0\nboottime %ld 0\n", launch->ns->monotonic, launch->ns->boottime);
    rf_must(RF_FIELD(ENTER, NAMESPACES, struct rf_namespaces, boottime),
            rf_enter_write_self(launch, "self/timens_offsets", text), "cannot set the clock offsets");
}

void rf_enter_prepare(struct rf_launch *launch) {
    if ((launch->ns->create & ~(uint32_t)CLONE_NEWUSER) != 0 && !rf_launch_new(launch, CLONE_NEWUSER) &&
        !launch->clones)
        rf_fail(RF_STEP(ENTER), -EPERM,
                "cannot make the policy's namespaces: it needs root (CAP_SYS_ADMIN), or `namespaces.user: new`");
    join(launch, CLONE_NEWPID);
    if (rf_launch_new(launch, CLONE_NEWTIME) && !rf_launch_new(launch, CLONE_NEWUSER)) rf_enter_time(launch);
}

void rf_enter_check_alive(const struct rf_launch *launch) {
    struct pollfd poll = {.fd = launch->go[0], .events = POLLIN};
    struct __kernel_timespec now = {0, 0};
    int n = sys_ppoll(&poll, 1, &now);
    if (n < 0 || (poll.revents & (POLLHUP | POLLERR | POLLNVAL))) sys_exit(RF_STEP_FAILED);
}

void rf_enter_die_with_parent(const struct rf_launch *launch) {
    if (!rf_shared->in_place)
        rf_must(RF_STEP(ENTER), sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0), "cannot arm the parent-death signal");
    rf_enter_check_alive(launch);
}

int rf_enter_write_self(const struct rf_launch *launch, const char *name, const char *text) {
    int error = sys_prctl(PR_SET_DUMPABLE, 1, 0);
    if (error == 0) error = rf_files_write(launch->proc, name, text);
    int closed = sys_prctl(PR_SET_DUMPABLE, 0, 0);
    return error < 0 ? error : closed;
}

/* An end left open would make the other side wait for ever. */
static void close_end(int fd) {
    rf_must(RF_STEP(ENTER), sys_close(fd), "cannot close a pipe");
}

static void live(void *argument) {
    struct rf_launch *launch = argument;
    rf_fail_in_child(true);
    close_end(launch->go[1]); /* while we hold it, the supervisor's death would not show */
    if (launch->ready[0] >= 0) close_end(launch->ready[0]);
    rf_enter_die_with_parent(launch);
    rf_launch_run(launch, RF_IN_CHILD);
    rf_launch_run(launch, RF_IN_PAYLOAD);
    rf_fail(RF_STEP(EXEC), 0, "the last step returned");
}

static int made(const struct rf_launch *launch, int result) {
    return rf_must(RF_STEP(ENTER), result, "cannot make the policy's namespaces%s",
                   result == -EPERM && rf_launch_new(launch, CLONE_NEWUSER)
                       ? "; this machine does not let ordinary users make user namespaces (sysctls "
                         "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)"
                   : result == -ENOSPC ? "; see the sysctls user.max_*_namespaces"
                                       : "");
}

static void stay_outside(struct rf_launch *launch) {
    close_end(launch->go[0]);
    if (launch->ready[1] >= 0) close_end(launch->ready[1]);
    launch->go[0] = launch->ready[1] = -1;
    rf_enter_write_maps(launch);
}

/*
 * Whether the first process may run in our memory while we sleep in the kernel, as after vfork(2), until it executes or
 * ends: nothing has to be copied then.  Only where it becomes the payload itself and we have nothing to do meanwhile,
 * where it changes nothing of the launch that we use afterwards (an ordinary user's has its objects opened anew), and
 * where nobody can get at its memory who could not get at ours: so never in a user namespace of its own.  The kernel
 * refuses time namespaces to those who share memory, and joined ones may be such.  And where the out-of-memory killer
 * finds it, it kills all who share its memory: so not below a limit that a launch itself could reach.
 */
static bool may_share(const struct rf_launch *launch) {
    return launch->process->init == RF_INIT_NONE && launch->clones && rf_view_count(&launch->view, RF_JOINS) == 0 &&
           !rf_launch_new(launch, CLONE_NEWUSER | CLONE_NEWTIME) && !rf_notify_wanted(launch) &&
           !rf_terminal_wanted(launch) && !rf_limit_is_tight(launch);
}

/* The shared page, and the pipes; without `ready` the clone itself returns when that would be hung up. */
static void make_pipes(struct rf_launch *launch, bool ready) {
    int error = sys_pipe(launch->go);
    if (ready) rf_fail_share();
    /* Over a socket the pseudo-terminal can come, too; otherwise the two are used alike. */
    if (error == 0 && ready)
        error = rf_terminal_wanted(launch) ? sys_socketpair(RF_UNIX, RF_UNIX_STREAM | RF_UNIX_CLOEXEC, launch->ready)
                                           : sys_pipe(launch->ready);
    rf_must(RF_STEP(ENTER), error, "cannot make a pipe");
}

void rf_enter_clone(struct rf_launch *launch) {
    /* Below what we use of ours, so that pages already there serve both. */
    _Alignas(16) char stack[8 * RF_PAGE];
    int leaf = rf_limit_v2_leaf(), pidfd = -1;
    const bool share = may_share(launch);
    struct clone_args args = {
        .flags = (launch->ns->create & BY_CLONE) | CLONE_PIDFD | CLONE_PARENT_SETTID,
        .pidfd = (uint64_t)(uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
    };
    if (leaf >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (unsigned)leaf;
    }
    make_pipes(launch, !share);
    if (share) {
        args.flags |= CLONE_VM | CLONE_VFORK;
        args.stack = (uint64_t)(uintptr_t)stack;
        args.stack_size = sizeof stack;
    }
    args.parent_tid = (uint64_t)(uintptr_t)&rf_shared->first;
    int child = share ? sys_thread(&args, live, launch) : sys_clone3(&args);
    if (child == 0) live(launch);
    rf_fail_in_child(launch->options->check); /* a rehearsal tells its failures to another */
    launch->child = made(launch, child);
    launch->pidfd = pidfd;
    stay_outside(launch);
}

/* A session leader cannot start another one: then it must have no terminal.  A group's leader just lets go of it. */
static void leave_terminal(void) {
    enum { LET_GO = 0x5422 }; /* TIOCNOTTY */
    int error = sys_openat(AT_FDCWD, "/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
    if (error == -ENXIO) return;
    if (error >= 0) error = SYS1(getsid, 0) == sys_getpid() ? -EPERM : sys_ioctl(error, LET_GO, NULL);
    rf_must(RF_STEP(SESSION), error, "cannot let go of the controlling terminal; start with setsid");
}

void rf_enter_in_place(struct rf_launch *launch) {
    struct clone_args args = {.exit_signal = SIGCHLD};
    siginfo_t info;
    leave_terminal();
    make_pipes(launch, true);
    rf_shared->first = sys_getpid();
    rf_shared->in_place = 1;
    int child = launch->pidfd = sys_pidfd_open(rf_shared->first);
    if (child >= 0) child = sys_clone3(&args);
    if (child == 0) { /* and once more: the program must not find a child that it did not make */
        int second = sys_clone3(&args);
        if (second != 0) sys_exit(second < 0);
        launch->child = rf_shared->first;
        const struct __kernel_timespec pause = {0, 50000};
        struct pollfd poll = {.fd = launch->pidfd, .events = POLLIN};
        while (!rf_shared->apart && !rf_shared->failed && sys_ppoll(&poll, 1, &pause) <= 0) continue;
        stay_outside(launch);
        return;
    }
    int error;
    do error = child < 0 ? child : sys_waitid(P_PID, child, &info, WEXITED);
    while (error == -EINTR);
    if (error == 0 && info.si_status != 0) error = -EAGAIN;
    rf_must(RF_STEP(ENTER), error, "cannot fork");
    rf_fail_in_child(true);
    made(launch, sys_unshare(launch->ns->create & BY_CLONE));
    rf_shared->apart = 1;
    live(launch);
}

/* The user namespace first: it gives the right to join the others that it owns. */
void rf_enter_join(struct rf_launch *launch) {
    join(launch, CLONE_NEWUSER);
    join(launch, ~(uint32_t)(CLONE_NEWUSER | CLONE_NEWPID));
}

void rf_enter_cgroup(struct rf_launch *launch) {
    if (!rf_launch_new(launch, CLONE_NEWCGROUP)) return;
    rf_must(RF_STEP(ENTER), sys_unshare(CLONE_NEWCGROUP), "cannot make a cgroup namespace");
}

/* struct ifreq, as far as interface flags go; linux/if.h needs libc's headers. */
struct interface {
    char name[16];
    uint16_t flags;
    char rest[22];
};

void rf_enter_network(struct rf_launch *launch) {
    enum { GET_FLAGS = 0x8913, SET_FLAGS = 0x8914, UP = 1, AF_LOCAL = 1, DATAGRAM = 2, CLOSE_ON_EXEC = 02000000 };
    struct interface lo = {.name = "lo", .flags = UP};
    if (!rf_launch_new(launch, CLONE_NEWNET)) return;
    /* Any family does, and this one is there even where IPv4 is not. */
    int fd = rf_must(RF_STEP(NETWORK), sys_socket(AF_LOCAL, DATAGRAM | CLOSE_ON_EXEC), "cannot make a socket");
    int error = sys_ioctl(fd, SET_FLAGS, &lo);
    if (error == 0) error = sys_ioctl(fd, GET_FLAGS, &lo);
    rf_must(RF_STEP(NETWORK), error, "cannot bring up the loopback interface");
    if (!(lo.flags & UP)) rf_fail(RF_STEP(NETWORK), 0, "the loopback interface did not come up");
    sys_close(fd);
}
