/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live [-I DIR]... POLICY...
 *
 * Each policy's filter for this machine in the running kernel, over a sample of calls that do no harm: those that the
 * policy kills one by one in children of their own, the others in one child, which must get the policy's errno, or
 * what the call gives without a filter.  Calls that are refused with what they would give anyway tell nothing, and are
 * counted apart.  On x86_64 also calls by `int $0x80` and with numbers of x32.
 * Exit code 77: filters cannot be installed here.
 */
#define _GNU_SOURCE
#include "shipped.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define HERE RF_X86_64
#elif defined(__aarch64__)
#define HERE RF_AARCH64
#else
#define HERE RF_RISCV64
#endif

/* What makes a call fail, or do nothing, whatever the other arguments are. */
#define BAD_TYPE  (1 << 30)     /* socket: no such flag */
#define BAD_CLONE CLONE_SIGHAND /* clone: not without CLONE_VM */
#define BAD_SHARE UINT64_C(1)   /* unshare: no such flag */
#define BAD_FD    UINT64_C(0xffffffff)
#define ABOVE     UINT64_C(0x500000000) /* bits that the kernel does not read of an int */

struct sample {
    uint32_t number;
    uint64_t args[6];
    enum rf_machine abi;
};

#define CALL(name, ...)                                                                                                \
    { SYS_##name, {__VA_ARGS__}, HERE }

static const struct sample samples[] = {
    CALL(getpid, 0),
    CALL(getppid, 1, 2, 3, 4, 5, 6),
    CALL(gettid, 0),
    CALL(uname, 0),
    CALL(sched_yield, 0),
    CALL(personality, 0xffffffff),
    CALL(personality, UINT64_MAX),
    CALL(personality, ABOVE | 0xffffffff),
    CALL(personality, 0),
    CALL(personality, ABOVE),
    CALL(personality, 0x0008),
    CALL(personality, 0x20008),
    CALL(personality, 0x0040000),
    CALL(socket, AF_UNIX, BAD_TYPE),
    CALL(socket, AF_INET, BAD_TYPE),
    CALL(socket, AF_INET6, BAD_TYPE),
    CALL(socket, AF_NETLINK, BAD_TYPE),
    CALL(socket, AF_PACKET, BAD_TYPE),
    CALL(socket, AF_ALG, BAD_TYPE),
    CALL(socket, AF_VSOCK, BAD_TYPE),
    CALL(socket, ABOVE | AF_VSOCK, BAD_TYPE),
    CALL(socket, AF_VSOCK - 1, BAD_TYPE),
    CALL(socket, AF_VSOCK + 1, BAD_TYPE),
    CALL(clone, BAD_CLONE),
    CALL(clone, BAD_CLONE | CLONE_NEWUSER),
    CALL(clone, BAD_CLONE | CLONE_NEWNS),
    CALL(clone, BAD_CLONE | CLONE_NEWNET),
    CALL(clone, BAD_CLONE | CLONE_NEWPID | CLONE_NEWIPC),
    CALL(clone, BAD_CLONE | CLONE_NEWCGROUP | CLONE_NEWUTS),
    CALL(clone3, 0, 0),
    CALL(unshare, BAD_SHARE),
    CALL(unshare, BAD_SHARE | CLONE_NEWUSER),
    CALL(setns, BAD_FD, 0),
    CALL(prctl, PR_GET_DUMPABLE),
    CALL(prctl, PR_GET_NO_NEW_PRIVS),
    CALL(prctl, ABOVE | PR_GET_SECCOMP),
    CALL(prctl, 0x7fffffff),
    CALL(ioctl, BAD_FD, 0x5401), /* TCGETS */
    CALL(ioctl, BAD_FD, 0x5412), /* TIOCSTI */
    CALL(ioctl, BAD_FD, ABOVE | 0x5401),
    CALL(ioctl, BAD_FD, 0x5413), /* TIOCGWINSZ */
    CALL(ioctl, BAD_FD, 0x5451), /* FIOCLEX */
    CALL(openat, (uint64_t)AT_FDCWD, 0),
    CALL(openat, 0xffffff9c, 0),
    CALL(read, BAD_FD, 0, 0),
    CALL(close, BAD_FD),
    CALL(mount, 0, 0, 0, 0, 0),
    CALL(umount2, 0, 0),
    CALL(pivot_root, 0, 0),
    CALL(bpf, 0xffff, 0, 0),
    CALL(ptrace, 0x7fff, 0, 0, 0),
    CALL(process_vm_readv, 0x7fffffff, 0, 0, 0, 0, 0),
    CALL(keyctl, 0xffff),
    CALL(add_key, 0, 0, 0, 0, 0),
    CALL(reboot, 0, 0, 0, 0),
    CALL(swapoff, 0),
    CALL(init_module, 0, 0, 0),
    CALL(delete_module, 0, 0),
    CALL(perf_event_open, 0, 0, 0, 0, 0),
    CALL(io_uring_setup, 0, 0),
    CALL(userfaultfd, 0x7fffffff),
    CALL(clock_settime, 0x7fff, 0),
    CALL(sethostname, 0, 0xffffffff),
    CALL(chroot, 0),
    CALL(statx, BAD_FD, 0, 0, 0, 0),
    CALL(getrandom, 0, 0, 0),
    {480, {0}, HERE}, /* newer than any kernel that a policy can name, or none at all */
    {1000, {0}, HERE},
    {0x3fffffff, {0}, HERE},
#if defined(__x86_64__)
    {RF_X32_BIT | 39, {0}, RF_X32},  /* getpid */
    {RF_X32_BIT | 512, {0}, RF_X32}, /* rt_sigaction */
    {0x7fffffff, {0}, RF_X32},
    {20, {0}, RF_I386},                  /* getpid */
    {64, {0}, RF_I386},                  /* getppid */
    {359, {AF_UNIX, BAD_TYPE}, RF_I386}, /* socket */
    {359, {AF_VSOCK, BAD_TYPE}, RF_I386},
    {102, {0x7fff, 0}, RF_I386},  /* socketcall */
    {136, {0xffffffff}, RF_I386}, /* personality */
    {21, {0}, RF_I386},           /* mount */
    {1000, {0}, RF_I386},
#endif
};
enum { SAMPLES = sizeof samples / sizeof *samples };

/* errno of a call, 0 for success. */
static int made(const struct sample *s) {
    const uint64_t *a = s->args;
#if defined(__x86_64__)
    if (s->abi == RF_I386) {
        long result;
        __asm__ volatile("int $0x80"
                         : "=a"(result)
                         : "0"((long)s->number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
                         : "memory", "cc", "r8", "r9", "r10", "r11");
        return result < 0 && result >= -4095 ? (int)-result : 0;
    }
#endif
    return syscall((long)s->number, a[0], a[1], a[2], a[3], a[4], a[5]) == -1 ? errno : 0;
}

static bool install(const struct lowered_filter *filter) {
    struct rlimit none = {0, 0}; /* a kill dumps core */
    struct sock_fprog program = {(unsigned short)filter->count, (struct sock_filter *)filter->insns};
    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

/* The wait status of a child that makes the wanted of the samples behind `filter` (NULL: none); the errnos to `results`,
 * which it shares.  Not _exit(): a sanitizer makes other calls before it, which a policy may kill. */
static int child_status(const struct lowered_filter *filter, const bool *wanted, int *results) {
    int status = 0;
    pid_t child = fork();
    MUST(child >= 0);
    if (child == 0) {
        if (filter && !install(filter)) syscall(SYS_exit_group, 1);
        for (int i = 0; i < SAMPLES; i++)
            if (wanted[i]) results[i] = made(&samples[i]);
        syscall(SYS_exit_group, 0);
    }
    while (waitpid(child, &status, 0) < 0) MUST(errno == EINTR);
    return status;
}

static int *shared_results(void) {
    int *results = mmap(NULL, SAMPLES * sizeof *results, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST(results != MAP_FAILED);
    return results;
}

/* What each gives without a filter, each in a child of its own: one must not change what the next meets. */
static const int *bare(void) {
    static int *results;
    if (results) return results;
    results = shared_results();
    for (int i = 0; i < SAMPLES; i++) {
        bool wanted[SAMPLES] = {false};
        wanted[i] = true;
        MUST(child_status(NULL, wanted, results) == 0);
    }
    return results;
}

static uint32_t answer_of(const struct lowered_filter *filter, const struct sample *s) {
    struct rf_seccomp_data data = {.number = s->number, .arch = rf_machine_info[s->abi].audit_arch};
    memcpy(data.args, s->args, sizeof data.args);
    uint32_t says = rf_policy_answer(&filter->policy, &data);
    MUST(rf_bpf_run(filter->insns, filter->count, &data, NULL) == says);
    MUST(s->abi == HERE || filter->policy.compat || says == SECCOMP_RET_KILL_PROCESS); /* by no other way */
    return says;
}

static void try_all(const char *name, const struct lowered_filter *filter) {
    const int *without = bare();
    int *results = shared_results();
    size_t killed = 0, refused = 0, allowed = 0, mute = 0;
    bool others[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        others[i] = answer_of(filter, &samples[i]) != SECCOMP_RET_KILL_PROCESS;
        if (others[i]) continue;
        bool wanted[SAMPLES] = {false};
        wanted[i] = true;
        int status = child_status(filter, wanted, results);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
            fprintf(stderr, "%s: call %u is not killed\n", name, samples[i].number);
        MUST(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
        killed++;
    }
    MUST(child_status(filter, others, results) == 0);
    for (int i = 0; i < SAMPLES; i++) {
        if (!others[i]) continue;
        uint32_t says = answer_of(filter, &samples[i]);
        bool is_errno = (says & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
        int expected = is_errno ? (int)(says & SECCOMP_RET_DATA) : without[i];
        if (results[i] != expected)
            fprintf(stderr, "%s: call %u gives errno %d instead of %d\n", name, samples[i].number, results[i],
                    expected);
        MUST(results[i] == expected);
        *(is_errno && without[i] == expected ? &mute : is_errno ? &refused : &allowed) += 1;
    }
    printf("%s: of %d calls %zu killed, %zu refused, %zu allowed; %zu refused with what they give anyway\n", name,
           SAMPLES, killed, refused, allowed, mute);
    MUST(refused > 3 && allowed > 5);
    munmap(results, SAMPLES * sizeof *results);
}

static void look(struct rf_arena *arena, const struct lower *policy) {
    (void)arena;
    for (size_t i = 0; i < policy->filter_count; i++)
        if (policy->filters[i].policy.machine == HERE) try_all(policy->p->name.text, &policy->filters[i]);
}

int main(int argc, char **argv) {
    static struct rf_insn allow[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    const struct lowered_filter plain = {.insns = allow, .count = 1};
    const bool none[SAMPLES] = {false};
    if (child_status(&plain, none, NULL) != 0) {
        puts("SKIP: no seccomp filters here");
        return 77;
    }
    shipped_each(argc, argv, look);
    return 0;
}
