/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRY_LIMIT_MS 300
#define NO_RESULT    1000

struct attempt {
    const char *name;
    long number;
    long args[6];
};

#define TEXT(s) ((long)(intptr_t)(s))

/* Arguments are such that a permitted call changes nothing outside its own process: a permission is
 * checked first, then the arguments fail. */
static const struct attempt attempts[] = {
    {"acct", SYS_acct, {TEXT("/rf-no-such-file")}},
    {"add_key", SYS_add_key, {0}},
    {"adjtimex", SYS_adjtimex, {0}},
    {"bpf", SYS_bpf, {0}},
    {"chroot", SYS_chroot, {TEXT("/")}},
    {"clone3", SYS_clone3, {0}},
    {"clone.newuser", SYS_unshare, {CLONE_NEWUSER}},
    {"clone.newns", SYS_unshare, {CLONE_NEWNS}},
    {"clone.newnet", SYS_unshare, {CLONE_NEWNET}},
    {"delete_module", SYS_delete_module, {TEXT("rf-no-such-module"), 0}},
    {"fanotify_init", SYS_fanotify_init, {0}},
    {"finit_module", SYS_finit_module, {-1, 0, 0}},
    {"fsopen", SYS_fsopen, {TEXT("rf-no-such-fs"), 0}},
    {"getpid", SYS_getpid, {0}},
    {"init_module", SYS_init_module, {0}},
    {"io_uring_setup", SYS_io_uring_setup, {0}},
    {"kcmp", SYS_kcmp, {1, 1, 0, 0, 0}},
    {"kexec_load", SYS_kexec_load, {0, 0, 0, -1}},
    {"keyctl", SYS_keyctl, {KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0}},
    {"mount", SYS_mount, {TEXT("none"), TEXT("/"), TEXT("rf-no-such-fs"), 0, 0}},
    {"open_by_handle_at", SYS_open_by_handle_at, {-1, 0, 0}},
    {"open_tree", SYS_open_tree, {-1, TEXT("x"), 1}},
    {"perf_event_open", SYS_perf_event_open, {0}},
    {"personality", SYS_personality, {0xffffffff}},
    {"pidfd_getfd", SYS_pidfd_getfd, {-1, 0, 0}},
    {"pivot_root", SYS_pivot_root, {TEXT("/"), TEXT("/")}},
    {"process_vm_readv", SYS_process_vm_readv, {1, 0, 0, 0, 0, 0}},
    {"ptrace", SYS_ptrace, {0}},
    {"quotactl", SYS_quotactl, {-1, 0, 0, 0}},
    {"reboot", SYS_reboot, {0}},
    {"request_key", SYS_request_key, {0}},
    {"sethostname", SYS_sethostname, {TEXT("x"), -1}},
    {"setns", SYS_setns, {-1, 0}},
    {"settimeofday", SYS_settimeofday, {0, 0}},
    {"setuid.65534", SYS_setuid, {65534}},
    {"socket.inet", SYS_socket, {AF_INET, SOCK_STREAM, 0}},
    {"socket.inet6", SYS_socket, {AF_INET6, SOCK_STREAM, 0}},
    {"socket.netlink", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}},
    {"socket.packet", SYS_socket, {AF_PACKET, SOCK_RAW, 0}},
    {"socket.unix", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
    {"socket.vsock", SYS_socket, {AF_VSOCK, SOCK_STREAM, 0}},
    {"socket.alg", SYS_socket, {AF_ALG, SOCK_SEQPACKET, 0}},
    {"swapon", SYS_swapon, {TEXT("/rf-no-such-file"), 0}},
    {"syslog", SYS_syslog, {10, 0, 0}},
    {"umount2", SYS_umount2, {TEXT("/rf-no-such-dir"), 0}},
    {"unshare.none", SYS_unshare, {0}},
    {"userfaultfd", SYS_userfaultfd, {0}},
};

long rf_probe_call_number(const char *text) {
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        if (strcmp(attempts[i].name, text) == 0) return attempts[i].number;
    char *end;
    errno = 0;
    long number = strtol(text, &end, 0);
    return *text == 0 || *end != 0 || errno != 0 ? -1 : number;
}

/* Waits for a child that may block for ever in a call that was allowed; -SIGALRM stands for that. */
static int collect(pid_t child) {
    for (int waited = 0; waited < TRY_LIMIT_MS;) {
        int status;
        pid_t done = waitpid(child, &status, WNOHANG | __WALL);
        if (done < 0) return NO_RESULT;
        if (done == child) return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
        const struct timespec step = {0, 200000};
        nanosleep(&step, NULL);
        waited += 1;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, __WALL);
    return -SIGALRM;
}

static int try_in_child(long number, const long args[6]) {
    pid_t child = fork();
    if (child < 0) return NO_RESULT + errno;
    if (child == 0) {
        long result = syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
        _exit(result == -1 ? errno : 0);
    }
    return collect(child);
}

void rf_probe_try_calls(void) {
    rf_probe_put("{");
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        rf_probe_put("%s\"%s\": %d", i == 0 ? "" : ", ", attempts[i].name,
                     try_in_child(attempts[i].number, attempts[i].args));
    rf_probe_put("}");
}

void rf_probe_scan(long from, long to) {
    static const long zero[6];
    for (long number = from; number <= to; number++) {
        rf_probe_put("%ld %d\n", number, try_in_child(number, zero));
        rf_probe_flush();
    }
}
