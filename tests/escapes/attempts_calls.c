/* SPDX-License-Identifier: Apache-2.0 */
#include "attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define RESULT(call) ((call) < 0 ? errno : 0)

/* The caller's terminal is on fd 0.  A space at the most is put into it, which nobody reads. */
static int inject(unsigned long command) {
    const char text[2] = " ";
    return RESULT(syscall(SYS_ioctl, 0, command, text));
}
static int tiocsti(void) {
    return inject(TIOCSTI);
}
static int tiocsti_wide(void) {
    return inject(TIOCSTI | UINT64_C(1) << 32);
}
static int tioclinux(void) {
    const char text[2] = {3, 0}; /* paste the selection */
    return RESULT(syscall(SYS_ioctl, 0, TIOCLINUX, text));
}
static int tioclinux_wide(void) {
    const char text[2] = {3, 0};
    return RESULT(syscall(SYS_ioctl, 0, TIOCLINUX | UINT64_C(1) << 32, text));
}
static int controlling_terminal(void) {
    return RESULT(open("/dev/tty", O_RDWR | O_CLOEXEC));
}
static int take_terminal(void) {
    setsid();
    return RESULT(ioctl(0, TIOCSCTTY, 1));
}

static int user_namespace(void) {
    return RESULT(unshare(CLONE_NEWUSER));
}
static int user_namespace_by_clone(void) {
    long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    return RESULT(child);
}
static int user_namespace_by_clone3(void) {
    uint64_t args[11] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
    long child = syscall(SYS_clone3, args, sizeof args);
    if (child == 0) _exit(0);
    return RESULT(child);
}
static int mount_namespace(void) {
    return RESULT(unshare(CLONE_NEWNS));
}

/* What a nested user namespace would give: each of these takes one, if it can be had. */
static void nest(void) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) (void)!unshare(CLONE_NEWNS);
    mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL);
}
static int remount_root(void) {
    nest();
    return RESULT(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
}
static int remount_sysctls(void) {
    nest();
    return RESULT(mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL));
}
static int uncover_mask(void) {
    nest();
    return RESULT(umount2("/proc/kcore", MNT_DETACH));
}
static int uncover_root(void) {
    nest();
    return RESULT(umount2("/", MNT_DETACH));
}
static int fresh_proc(void) {
    nest();
    return RESULT(mount("proc", "/proc", "proc", 0, NULL));
}
static int fresh_sys(void) {
    nest();
    return RESULT(mount("sysfs", "/proc", "sysfs", 0, NULL));
}
static int fresh_cgroup(void) {
    nest();
    return RESULT(mount("none", "/proc", "cgroup2", 0, NULL));
}
static int fresh_cgroup_v1(void) {
    nest();
    return RESULT(mount("none", "/proc", "cgroup", 0, "memory"));
}
static int open_tree_of_root(void) {
    return RESULT(syscall(SYS_open_tree, AT_FDCWD, "/", 1));
}
static int new_mount_api(void) {
    return RESULT(syscall(SYS_fsopen, "tmpfs", 0));
}

/* Out of a chroot by a second one, from which the working directory is left out. */
static int double_chroot(void) {
    struct stat here, up;
    if (chroot("/proc") != 0) return errno;
    for (int i = 0; i < 100; i++)
        if (chdir("..") != 0) return errno;
    if (chroot(".") != 0 || stat("/", &here) != 0 || stat("/proc/1", &up) != 0) return errno;
    return 0;
}
static int pivot(void) {
    return RESULT(syscall(SYS_pivot_root, ".", "."));
}
static int up_from_root(void) {
    struct stat root, up;
    int fd = open("/", O_PATH | O_CLOEXEC);
    for (int i = 0; i < 100; i++) fd = openat(fd, "..", O_PATH | O_CLOEXEC);
    if (fstat(fd, &up) != 0 || stat("/", &root) != 0) return errno;
    return up.st_ino == root.st_ino && up.st_dev == root.st_dev ? EXDEV : 0;
}
static int by_handle(void) {
    struct {
        unsigned bytes;
        int type;
        unsigned char inode[8];
    } root = {8, 1, {2}}; /* what Docker's "shocker" opened: inode 2, the root of a file system */
    int fd = open("/", O_RDONLY | O_CLOEXEC);
    return RESULT(syscall(SYS_open_by_handle_at, fd, &root, O_RDONLY));
}
static int foreign_descriptors(void) {
    char path[64], target[256];
    for (int fd = 3; fd < 1024; fd++) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (readlink(path, target, sizeof target) > 0) return 0;
    }
    return ENOENT;
}

static int block_device(void) {
    int error = RESULT(mknod("/tmp/rf-disk", S_IFBLK | 0600, makedev(254, 0)));
    int fd = error == 0 ? open("/tmp/rf-disk", O_RDONLY | O_CLOEXEC) : -1;
    if (error == 0) error = RESULT(fd);
    unlink("/tmp/rf-disk");
    return error;
}

static int attach(void) {
    return RESULT(ptrace(PTRACE_SEIZE, 1, NULL, NULL));
}
static int attach_to_parent(void) {
    /* the process that tries all this is ours, its parent is not */
    char line[64];
    snprintf(line, sizeof line, "/proc/%d/stat", getppid());
    FILE *file = fopen(line, "re");
    int parent = 0;
    if (!file || fscanf(file, "%*d %*s %*c %d", &parent) != 1 || parent == 0) return ESRCH;
    fclose(file);
    return RESULT(ptrace(PTRACE_SEIZE, parent, NULL, NULL));
}
static int read_memory(void) {
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};
    return RESULT(process_vm_readv(1, &here, 1, &there, 1, 0));
}
static int steal_descriptor(void) {
    int fd = (int)syscall(SYS_pidfd_open, 1, 0);
    if (fd < 0) return errno;
    return RESULT(syscall(SYS_pidfd_getfd, fd, 0, 0));
}
static int join_host(void) {
    int fd = (int)syscall(SYS_pidfd_open, 1, 0);
    if (fd < 0) return errno;
    return RESULT(setns(fd, CLONE_NEWNS | CLONE_NEWNET));
}
static int session_keyring(void) {
    long found = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "rf-host-key", 0);
    return RESULT(found);
}
static int user_keyring(void) {
    long found = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", "rf-host-key", 0);
    return RESULT(found);
}
static int abstract_socket(void) {
    static const char name[] = "\0rf-host-socket";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, name, sizeof name - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    return RESULT(connect(fd, (struct sockaddr *)&address, (socklen_t)(sizeof(sa_family_t) + sizeof name - 1)));
}
static int of_family(int family, int type) {
    return RESULT(socket(family, type | SOCK_CLOEXEC, 0));
}
static int vsock(void) {
    return of_family(AF_VSOCK, SOCK_STREAM);
}
static int alg(void) {
    return of_family(AF_ALG, SOCK_SEQPACKET);
}
static int packet(void) {
    return of_family(AF_PACKET, SOCK_RAW);
}
static int raw_ip(void) {
    return of_family(AF_INET, SOCK_RAW | SOCK_CLOEXEC);
}

static int kernel_log(void) {
    return RESULT(syscall(SYS_syslog, 3, "", 0));
}
static int modules(void) {
    return syscall(SYS_init_module, "", 0, "") < 0 && errno != ENOEXEC ? errno : 0;
}
static int raise_limit(void) {
    const uint64_t both[2] = {UINT64_MAX, UINT64_MAX};
    return RESULT(syscall(SYS_prlimit64, 0, 4, both, NULL)); /* RLIMIT_CORE */
}
static int niceness(void) {
    return RESULT(syscall(SYS_setpriority, 0, 0, -20));
}

#define ATTEMPT(function)                                                                                              \
    { #function, function }
const struct attempt attempts_calls[] = {
    ATTEMPT(tiocsti),
    ATTEMPT(tiocsti_wide),
    ATTEMPT(tioclinux),
    ATTEMPT(tioclinux_wide),
    ATTEMPT(controlling_terminal),
    ATTEMPT(take_terminal),
    ATTEMPT(user_namespace),
    ATTEMPT(user_namespace_by_clone),
    ATTEMPT(user_namespace_by_clone3),
    ATTEMPT(mount_namespace),
    ATTEMPT(remount_root),
    ATTEMPT(remount_sysctls),
    ATTEMPT(uncover_mask),
    ATTEMPT(uncover_root),
    ATTEMPT(fresh_proc),
    ATTEMPT(fresh_sys),
    ATTEMPT(fresh_cgroup),
    ATTEMPT(fresh_cgroup_v1),
    ATTEMPT(open_tree_of_root),
    ATTEMPT(new_mount_api),
    ATTEMPT(double_chroot),
    ATTEMPT(pivot),
    ATTEMPT(up_from_root),
    ATTEMPT(by_handle),
    ATTEMPT(foreign_descriptors),
    ATTEMPT(block_device),
    ATTEMPT(attach),
    ATTEMPT(attach_to_parent),
    ATTEMPT(read_memory),
    ATTEMPT(steal_descriptor),
    ATTEMPT(join_host),
    ATTEMPT(session_keyring),
    ATTEMPT(user_keyring),
    ATTEMPT(abstract_socket),
    ATTEMPT(vsock),
    ATTEMPT(alg),
    ATTEMPT(packet),
    ATTEMPT(raw_ip),
    ATTEMPT(kernel_log),
    ATTEMPT(modules),
    ATTEMPT(raise_limit),
    ATTEMPT(niceness),
};
const size_t attempts_calls_count = sizeof attempts_calls / sizeof attempts_calls[0];
