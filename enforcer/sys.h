/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw system calls.  Every wrapper returns what the kernel returns: a value (none of ours is beyond an int), or -errno.  No libc: its
 * start-up alone costs as much as a whole launch.  Three machines: sys_x86_64.h, sys_aarch64.h, sys_riscv64.h.
 */
#ifndef RF_SYS_H
#define RF_SYS_H

#include <asm/fcntl.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/statfs.h>
#include <asm/termios.h>
#include <asm/unistd.h>
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/poll.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/signalfd.h>
#include <linux/stat.h>
#include <linux/time_types.h>
#include <linux/wait.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef S_IFMT /* linux/stat.h leaves these to glibc when any of its headers came first */
#define S_IFMT   00170000
#define S_IFSOCK 0140000
#define S_IFREG  0100000
#define S_IFBLK  0060000
#define S_IFDIR  0040000
#define S_IFCHR  0020000
#endif

#define RF_SIGNALS 64 /* the kernel's _NSIG on the three machines: one 64-bit mask */
#define RF_PAGE    4096

#if defined(__clang_analyzer__) /* it does not know that the kernel writes through an assembler's operands */
long sys_0(long n);
long sys_1(long n, long a);
long sys_2(long n, long a, long b);
long sys_3(long n, long a, long b, long c);
long sys_4(long n, long a, long b, long c, long d);
long sys_5(long n, long a, long b, long c, long d, long e);
long sys_6(long n, long a, long b, long c, long d, long e, long f);
long sys_new_stack(long n, void *args, size_t size, void (*run)(void *argument), void *argument);
#define RF_AUDIT_ARCH 0xc000003eu
#elif defined(__x86_64__)
#include "sys_x86_64.h"
#elif defined(__aarch64__)
#include "sys_aarch64.h"
#elif defined(__riscv) && __riscv_xlen == 64
#include "sys_riscv64.h"
#else
#error "this machine has no system-call wrapper yet"
#endif

/* Of an int the kernel looks at the lower half only: clearing the upper one is free where it would cost an instruction to
 * fill it with the sign. */
#define SYS_ARG(x)             ((long)_Generic((x), int : (unsigned)(uintptr_t)(x), default : (x)))
#define SYS0(n)                ((int)sys_0(__NR_##n))
#define SYS1(n, a)             ((int)sys_1(__NR_##n, SYS_ARG(a)))
#define SYS2(n, a, b)          ((int)sys_2(__NR_##n, SYS_ARG(a), SYS_ARG(b)))
#define SYS3(n, a, b, c)       ((int)sys_3(__NR_##n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c)))
#define SYS4(n, a, b, c, d)    ((int)sys_4(__NR_##n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d)))
#define SYS5(n, a, b, c, d, e) ((int)sys_5(__NR_##n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), SYS_ARG(e)))

/* Files. */
/* O_CLOEXEC is always added. */
int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t resolve);
int sys_openat(int dir, const char *path, int flags, unsigned mode);
static inline int sys_close(int fd) {
    return SYS1(close, fd);
}
static inline int sys_close_range(unsigned first, unsigned last) {
    return SYS3(close_range, first, last, 0);
}
static inline int sys_read(int fd, void *buffer, size_t size) {
    return SYS3(read, fd, buffer, size);
}
static inline int sys_write(int fd, const void *buffer, size_t size) {
    return SYS3(write, fd, buffer, size);
}
static inline int sys_pread(int fd, void *buffer, size_t size, uint64_t at) {
    return SYS4(pread64, fd, buffer, size, at);
}
static inline int sys_fcntl(int fd, unsigned command, unsigned long arg) {
    return SYS3(fcntl, fd, command, arg);
}
static inline int sys_ioctl(int fd, unsigned long request, void *arg) {
    return SYS3(ioctl, fd, request, arg);
}
static inline int sys_flock(int fd, unsigned operation) {
    return SYS2(flock, fd, operation);
}
static inline int sys_fchown(int fd, uint32_t uid, uint32_t gid) {
    return SYS3(fchown, fd, uid, gid);
}
static inline int sys_dup3(int fd, int to) {
    return SYS3(dup3, fd, to, 0);
}
int sys_statx(int dir, const char *path, unsigned flags, struct statx *st);
/* Of the very file behind `fd`, O_PATH included. */
int sys_fstatx(int fd, struct statx *st);
static inline int sys_fstatfs(int fd, struct statfs *fs) {
    return SYS2(fstatfs, fd, fs);
}
static inline int sys_faccessat(int dir, const char *path, unsigned mode) {
    return SYS3(faccessat, dir, path, mode);
}
/* Asks with the effective ids and capabilities, as execve(2) will; Linux 5.8. */
static inline int sys_faccessat2(int dir, const char *path, unsigned mode, unsigned flags) {
    return SYS4(faccessat2, dir, path, mode, flags);
}
static inline int sys_mkdirat(int dir, const char *path, unsigned mode) {
    return SYS3(mkdirat, dir, path, mode);
}
static inline int sys_mknodat(int dir, const char *path, unsigned mode, unsigned device) {
    return SYS4(mknodat, dir, path, mode, device);
}
static inline int sys_symlinkat(const char *text, int dir, const char *path) {
    return SYS3(symlinkat, text, dir, path);
}
static inline int sys_fchownat(int dir, const char *path, unsigned uid, unsigned gid) {
    return SYS5(fchownat, dir, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}
static inline int sys_fchmodat(int dir, const char *path, unsigned mode) {
    return SYS3(fchmodat, dir, path, mode);
}
static inline int sys_unlinkat(int dir, const char *path, unsigned flags) {
    return SYS3(unlinkat, dir, path, flags);
}
static inline int sys_readlinkat(int dir, const char *path, char *buffer, size_t size) {
    return SYS4(readlinkat, dir, path, buffer, size);
}
static inline int sys_getdents(int fd, void *buffer, size_t size) {
    return SYS3(getdents64, fd, buffer, size);
}
static inline int sys_fgetxattr(int fd, const char *name, void *value, size_t size) {
    return SYS4(fgetxattr, fd, name, value, size);
}
static inline int sys_fchdir(int fd) {
    return SYS1(fchdir, fd);
}
static inline int sys_chdir(const char *path) {
    return SYS1(chdir, path);
}
static inline int sys_getcwd(char *buffer, size_t size) {
    return SYS2(getcwd, buffer, size);
}
static inline int sys_pipe(int fds[2]) {
    return SYS2(pipe2, fds, O_CLOEXEC);
}
int sys_ppoll(struct pollfd *fds, unsigned count, const struct __kernel_timespec *timeout);
static inline long sys_mmap_shared(size_t size) {
    return sys_6(__NR_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* Mounts. */
static inline int sys_mount(const char *target, unsigned long flags) {
    return SYS5(mount, NULL, target, NULL, flags, NULL);
}
#define MNT_DETACH 2
static inline int sys_umount(const char *target, unsigned flags) {
    return SYS2(umount2, target, flags);
}
static inline int sys_pivot_root(const char *new_root, const char *put_old) {
    return SYS2(pivot_root, new_root, put_old);
}
static inline int sys_open_tree(int fd, unsigned flags) {
    return SYS3(open_tree, fd, "", flags | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
}
static inline int sys_move_mount(int from, int to) {
    return SYS5(move_mount, from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}
static inline int sys_fsopen(const char *type) {
    return SYS2(fsopen, type, FSOPEN_CLOEXEC);
}
static inline int sys_fsconfig(int fd, unsigned command, const char *key, const char *value) {
    return SYS5(fsconfig, fd, command, key, value, 0);
}
static inline int sys_fsmount(int fd, unsigned attributes) {
    return SYS3(fsmount, fd, FSMOUNT_CLOEXEC, attributes);
}
/* Linux 5.12. */
static inline int sys_mount_setattr(int fd, unsigned flags, const struct mount_attr *attr) {
    return SYS5(mount_setattr, fd, "", flags | AT_EMPTY_PATH, attr, sizeof *attr);
}

/* Processes. */
static inline int sys_clone3(struct clone_args *args) {
    return SYS2(clone3, args, sizeof *args);
}
/* A thread on a stack of its own, which args name; `run` may not return.  In the caller: its number, or -errno. */
int sys_thread(struct clone_args *args, void (*run)(void *argument), void *argument);
static inline int sys_execve(const char *path, const char *const *argv, const char *const *envp) {
    return SYS3(execve, path, argv, envp);
}
_Noreturn static inline void sys_exit(int code) {
    for (;;) {
        (void)SYS1(exit_group, code);
        __builtin_trap(); /* the policy's filter may refuse exit_group: then a fault has to end us */
    }
}
/* The program behind a descriptor. */
static inline int sys_execveat(int fd, const char *const *argv, const char *const *envp) {
    return SYS5(execveat, fd, "", argv, envp, AT_EMPTY_PATH);
}
static inline int sys_waitid(unsigned type, int id, siginfo_t *info, unsigned options) {
    return SYS5(waitid, type, id, info, options, NULL);
}
/* The same, with what the process and those that it waited for have used. */
static inline int sys_waitid_usage(int pid, siginfo_t *info, struct rusage *usage) {
    return SYS5(waitid, P_PID, pid, info, WEXITED, usage);
}
static inline int sys_getpgrp(void) {
    return SYS1(getpgid, 0);
}
static inline int sys_clock(unsigned clock, struct __kernel_timespec *time) {
    return SYS2(clock_gettime, clock, time);
}
static inline int sys_timerfd(unsigned clock) {
    return SYS2(timerfd_create, clock, O_CLOEXEC);
}
enum { RF_CLOCK_MONOTONIC = 1, RF_CLOCK_BOOTTIME = 7 }; /* linux/time.h contradicts libc's */
/* Once, after `value`; all zero: never. */
static inline int sys_timerfd_set(int fd, const struct __kernel_itimerspec *value) {
    return SYS4(timerfd_settime, fd, 0, value, NULL);
}
static inline int sys_getpid(void) {
    return SYS0(getpid);
}
static inline int sys_getppid(void) {
    return SYS0(getppid);
}
static inline int sys_kill(int pid, int signal) {
    return SYS2(kill, pid, signal);
}
static inline int sys_pidfd_signal(int pidfd, int signal) {
    return SYS4(pidfd_send_signal, pidfd, signal, NULL, 0);
}
static inline int sys_unshare(unsigned long flags) {
    return SYS1(unshare, flags);
}
static inline int sys_pidfd_open(int pid) {
    return SYS2(pidfd_open, pid, 0);
}
static inline int sys_setns(int fd, unsigned kind) {
    return SYS2(setns, fd, kind);
}
static inline int sys_setsid(void) {
    return SYS0(setsid);
}
static inline int sys_umask(unsigned mask) {
    return SYS1(umask, mask);
}
static inline int sys_prlimit(unsigned resource, const struct rlimit64 *set, struct rlimit64 *old) {
    return SYS4(prlimit64, 0, resource, set, old);
}
int sys_prctl(int option, unsigned long a, unsigned long b);
static inline int sys_seccomp(unsigned operation, unsigned flags, const void *args) {
    return SYS3(seccomp, operation, flags, args);
}
static inline int sys_landlock_create_ruleset(const uint64_t *handled, size_t size, unsigned flags) {
    return SYS3(landlock_create_ruleset, handled, size, flags);
}
static inline int sys_landlock_add_rule(int ruleset, unsigned kind, const uint64_t *rule) {
    return SYS4(landlock_add_rule, ruleset, kind, rule, 0);
}
static inline int sys_landlock_restrict_self(int ruleset) {
    return SYS2(landlock_restrict_self, ruleset, 0);
}
static inline int sys_keyctl(unsigned operation, const char *name) {
    return SYS2(keyctl, operation, name);
}
static inline int sys_socket(int family, int type) {
    return SYS3(socket, family, type, 0);
}
static inline int sys_connect(int fd, const void *address, unsigned length) {
    return SYS3(connect, fd, address, length);
}
static inline int sys_socketpair(int family, int type, int fds[2]) {
    return SYS4(socketpair, family, type, 0, fds);
}
static inline int sys_recvmsg(int fd, void *message, unsigned flags) {
    return SYS3(recvmsg, fd, message, flags);
}
static inline int sys_sendmsg(int fd, const void *message, unsigned flags) {
    return SYS3(sendmsg, fd, message, flags);
}
static inline int sys_getscheduler(void) {
    return SYS1(sched_getscheduler, 0);
}
/* Ends this thread alone. */
_Noreturn static inline void sys_exit_thread(void) {
    for (;;) (void)SYS1(exit, 0);
}

/* Signals. */
static inline int sys_sigmask(uint64_t set, uint64_t *old) {
    return SYS4(rt_sigprocmask, SIG_SETMASK, &set, old, sizeof set);
}
/* First word: the handler, on all three machines; the rest (flags, restorer, mask) differs and is only
 * ever zero here. */
struct sys_action {
    unsigned long handler;
    unsigned long rest[3];
};
extern const struct sys_action sys_action_default;
static inline int sys_sigaction(int signal, const struct sys_action *set, struct sys_action *old) {
    return SYS4(rt_sigaction, signal, set, old, sizeof(uint64_t));
}
static inline int sys_signalfd(uint64_t set) {
    return SYS4(signalfd4, -1, &set, sizeof set, SFD_CLOEXEC);
}

/* Identity. */
static inline int sys_geteuid(void) {
    return SYS0(geteuid);
}
static inline int sys_getegid(void) {
    return SYS0(getegid);
}
static inline int sys_getresuid(uint32_t id[3]) {
    return SYS3(getresuid, &id[0], &id[1], &id[2]);
}
static inline int sys_getresgid(uint32_t id[3]) {
    return SYS3(getresgid, &id[0], &id[1], &id[2]);
}
static inline int sys_setresuid(uint32_t id) {
    return SYS3(setresuid, id, id, id);
}
static inline int sys_setresgid(uint32_t id) {
    return SYS3(setresgid, id, id, id);
}
static inline int sys_getgroups(int count, uint32_t *list) {
    return SYS2(getgroups, count, list);
}
static inline int sys_setgroups(int count, const uint32_t *list) {
    return SYS2(setgroups, count, list);
}

/* The three sets of this process as 64-bit words. */
struct sys_caps {
    uint64_t effective, permitted, inheritable;
};
int sys_capget(struct sys_caps *caps);
int sys_capset(const struct sys_caps *caps);

#endif
