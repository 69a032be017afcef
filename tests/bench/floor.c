/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of a launch: the kernel work that a policy asks for, in raw system calls, and nothing else.  Nothing is
 * read, verified, looked at twice, locked or told; floor_data.c writes what it needs of one policy as the header that
 * this file is compiled with.  floor PROGRAM [ARGS...]; ends with the program's code.  Never a launcher: a call that
 * fails ends it with the line's number, and what it made stays.
 */
#include "enforcer/sys.h"
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>

#include FLOOR_DATA

#define MUST(call) must((call), __LINE__)
#define QUIET      (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static const struct leaf {
    const char *parent;
    bool v2;
} leaves[] = {FLOOR_LEAVES{NULL, false}};
static const struct limit {
    unsigned leaf;
    const char *file, *text;
} limits[] = {FLOOR_LIMITS{0, NULL, NULL}};
static const struct mount {
    const char *source, *target; /* source NULL: a tmpfs with the options */
    unsigned attributes;
    bool recursive;
    const char *const options[9];
} mounts[] = {FLOOR_MOUNTS{NULL, NULL, 0, false, {NULL}}};
static const struct device {
    const char *name;
    unsigned mode, number;
} devices[] = {FLOOR_DEVICES{NULL, 0, 0}};
static const struct rlimit_of {
    unsigned resource;
    struct rlimit64 value;
} rlimits[] = {FLOOR_RLIMITS{~0u, {0, 0}}};
static const char *const masks[] = {FLOOR_MASKS NULL}, *const read_only[] = {FLOOR_READ_ONLY NULL};
static const char *const environment[] = {FLOOR_ENVIRONMENT NULL};
static const uint32_t groups[] = {FLOOR_GROUPS 0};
static const struct sock_filter filter[] = {FLOOR_FILTER{0, 0, 0, 0}};

#define COUNT(list) (sizeof(list) / sizeof(list)[0] - 1)

static _Alignas(16) char stack[65536];
static char paths[COUNT(leaves) + 1][512];
static int root, sources[COUNT(mounts) + 1];

static int must(int result, int line) {
    if (result >= 0) return result;
    char text[] = "floor: line 0000\n";
    for (int at = 15; line; line /= 10) text[at--] = (char)('0' + line % 10);
    sys_write(2, text, sizeof text - 1);
    sys_exit(99);
}

static char *put(char *to, const char *text) {
    while (*text) *to++ = *text++;
    *to = '\0';
    return to;
}

static size_t length_of(const char *text) {
    size_t n = 0;
    while (text[n]) n++;
    return n;
}

static void write_file(const char *dir, const char *name, const char *text) {
    char path[640];
    put(put(put(path, dir), "/"), name);
    int fd = MUST(sys_openat(AT_FDCWD, path, O_WRONLY, 0));
    MUST(sys_write(fd, text, length_of(text)));
    sys_close(fd);
}

static void make_leaves(void) {
    char name[32] = "/floor.0000000000";
    int at = 16;
    for (int pid = sys_getpid(); pid; pid /= 10) name[at--] = (char)('0' + pid % 10);
    for (size_t i = 0; leaves[i].parent; i++) {
        put(put(paths[i], leaves[i].parent), name);
        MUST(sys_mkdirat(AT_FDCWD, paths[i], 0755));
    }
    for (size_t i = 0; limits[i].file; i++) write_file(paths[limits[i].leaf], limits[i].file, limits[i].text);
}

static int new_mount(const char *type, unsigned attributes, const char *const *options) {
    int fs = MUST(sys_fsopen(type));
    for (; options && options[0]; options += 2) MUST(sys_fsconfig(fs, FSCONFIG_SET_STRING, options[0], options[1]));
    MUST(sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL));
    return MUST(sys_fsmount(fs, attributes));
}

/* `path` without its leading slash. */
static int move(int mount, const char *path) {
    return SYS5(move_mount, mount, "", root, path, MOVE_MOUNT_F_EMPTY_PATH);
}

static int clone_at(int dir, const char *path, unsigned flags) {
    return SYS3(open_tree, dir, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
}

static void restrict_to(int mount, unsigned attributes, unsigned flags) {
    const struct mount_attr attr = {.attr_set = attributes};
    MUST(sys_mount_setattr(mount, flags, &attr));
}

static int make_dev(void) {
    static const char *const options[] = {"mode", "755", "size", "64k", NULL};
    static const char *const links[][2] = {{"fd", ""}, {"stdin", "/0"}, {"stdout", "/1"}, {"stderr", "/2"}};
    int dev = new_mount("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, options);
    MUST(move(dev, "dev"));
    for (size_t i = 0; i < 4; i++) {
        char text[24];
        put(put(text, "/proc/self/fd"), links[i][1]);
        MUST(sys_symlinkat(text, dev, links[i][0]));
    }
    for (size_t i = 0; devices[i].name; i++)
        MUST(sys_mknodat(dev, devices[i].name, S_IFCHR | devices[i].mode, devices[i].number));
    return dev;
}

static void make_mounts(void) {
    for (size_t i = 0; mounts[i].target; i++) {
        const struct mount *m = &mounts[i];
        int mount = m->source ? sources[i] : new_mount("tmpfs", m->attributes, m->options);
        if (move(mount, m->target) < 0) { /* below a file system of our own */
            MUST(sys_mkdirat(root, m->target, 0755));
            MUST(move(mount, m->target));
        }
        if (m->source) restrict_to(mount, m->attributes, m->recursive ? AT_RECURSIVE : 0);
        if (m->source) sys_close(mount);
    }
}

static void make_masks(int dev) {
    static const char *const options[] = {"mode", "555", "size", "4k", "nr_inodes", "1", NULL};
    int directory = 0, file = 0;
    struct statx st;
    for (size_t i = 0; masks[i]; i++) {
        if (sys_statx(root, masks[i], 0, &st) < 0) continue;
        bool is_directory = (st.stx_mode & S_IFMT) == S_IFDIR;
        int *first = is_directory ? &directory : &file;
        int mount = *first ? MUST(clone_at(*first, "", AT_EMPTY_PATH)) : 0;
        if (!mount && is_directory) mount = *first = new_mount("tmpfs", QUIET | MOUNT_ATTR_RDONLY, options);
        if (!mount) {
            MUST(sys_mknodat(dev, "empty", S_IFREG, 0));
            mount = *first = MUST(clone_at(dev, "empty", 0));
            restrict_to(mount, QUIET | MOUNT_ATTR_RDONLY, 0);
        }
        MUST(move(mount, masks[i]));
    }
    if (file) MUST(sys_unlinkat(dev, "empty", 0));
    for (size_t i = 0; read_only[i]; i++) {
        int tree = clone_at(root, read_only[i], AT_RECURSIVE);
        if (tree < 0) continue;
        MUST(move(tree, read_only[i]));
        restrict_to(tree, MOUNT_ATTR_RDONLY, AT_RECURSIVE);
    }
    restrict_to(dev, MOUNT_ATTR_RDONLY, 0);
}

static void furnish(void) {
    MUST(sys_mount("/", MS_REC | MS_PRIVATE));
    sys_umask(0);
    MUST(SYS5(move_mount, root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH));
    restrict_to(root, FLOOR_ROOT, 0);
    static const char *const only_pids[] = {"subset", "pid", "hidepid", "invisible", NULL};
    if (FLOOR_PROC) MUST(move(new_mount("proc", QUIET, FLOOR_PROC == 2 ? only_pids : NULL), "proc"));
    if (FLOOR_SYS) MUST(move(new_mount("sysfs", QUIET | MOUNT_ATTR_RDONLY, NULL), "sys"));
    int dev = make_dev();
    make_mounts();
    make_masks(dev);
    MUST(sys_fchdir(root));
    MUST(sys_pivot_root(".", "."));
    MUST(sys_umount(".", MNT_DETACH));
    MUST(SYS1(chdir, FLOOR_CWD));
}

static void loopback_up(void) {
    struct {
        char name[16];
        short flags;
        char rest[22];
    } lo = {"lo", 1, ""};
    int fd = MUST(sys_socket(1, 2 | 02000000));
    MUST(sys_ioctl(fd, 0x8914, &lo));
}

static void confine(void) {
    const struct sys_caps caps = {FLOOR_CAPS, FLOOR_CAPS, FLOOR_UID ? FLOOR_CAPS : 0};
    const unsigned long bits =
        SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    for (size_t i = 0; rlimits[i].resource != ~0u; i++) MUST(sys_prlimit(rlimits[i].resource, &rlimits[i].value, NULL));
    sys_umask(FLOOR_UMASK);
    for (unsigned n = 0; n <= FLOOR_LAST_CAP; n++)
        if (!(FLOOR_CAPS >> n & 1)) MUST(sys_prctl(PR_CAPBSET_DROP, n, 0));
    MUST(sys_setgroups(COUNT(groups), groups));
    if (FLOOR_UID) MUST(sys_prctl(PR_SET_KEEPCAPS, 1, 0));
    MUST(sys_setresgid(FLOOR_GID));
    MUST(sys_setresuid(FLOOR_UID));
    if (FLOOR_UID) {
        const struct sys_caps before = {FLOOR_CAPS | 1 << CAP_SETPCAP, FLOOR_CAPS | 1 << CAP_SETPCAP, FLOOR_CAPS};
        MUST(sys_capset(&before));
        for (unsigned long n = 0; n <= FLOOR_LAST_CAP; n++)
            if (FLOOR_CAPS >> n & 1) MUST(sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, n));
        MUST(sys_prctl(PR_SET_SECUREBITS, bits, 0));
    }
    MUST(sys_capset(&caps));
    MUST(sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0));
    MUST(sys_keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL));
    MUST(sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0));
    const struct sock_fprog program = {COUNT(filter), (struct sock_filter *)(uintptr_t)filter};
    if (program.len) MUST(sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &program));
}

/* Waits for a child and ends as it did. */
_Noreturn static void end_with(int child, bool leader) {
    siginfo_t info;
    do info.si_pid = 0;
    while (sys_waitid(leader ? P_PID : P_ALL, child, &info, WEXITED) >= 0 && info.si_pid != child);
    for (size_t i = 0; leader && leaves[i].parent; i++) MUST(sys_unlinkat(AT_FDCWD, paths[i], AT_REMOVEDIR));
    sys_exit(info.si_code == 1 ? info.si_status : 128 + info.si_status);
}

static void live(void *argv) {
    const char *const *program = argv;
    MUST(sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0));
    for (size_t i = 0; leaves[i].parent; i++)
        if (!leaves[i].v2) write_file(paths[i], "cgroup.procs", "0");
    if (FLOOR_CREATE & CLONE_NEWCGROUP) MUST(sys_unshare(CLONE_NEWCGROUP));
    if (FLOOR_CREATE & CLONE_NEWNET) loopback_up();
    if (FLOOR_HOSTNAME[0]) MUST(SYS2(sethostname, FLOOR_HOSTNAME, sizeof FLOOR_HOSTNAME - 1));
    furnish();
    MUST(sys_setsid());
    if (FLOOR_REAPER) {
        struct clone_args args = {.exit_signal = SIGCHLD};
        int child = MUST(sys_clone3(&args));
        if (child) end_with(child, false);
        MUST(sys_setsid());
    }
    confine();
    MUST(sys_execve(program[0], program, environment));
}

_Noreturn void rf_main_start(const unsigned long *start);
_Noreturn void rf_main_start(const unsigned long *start) {
    struct clone_args args = {
        .flags = FLOOR_CREATE & ~(uint64_t)CLONE_NEWCGROUP,
        .exit_signal = SIGCHLD,
    };
    const char *const *argv = (const char *const *)(start + 1);
    root = MUST(clone_at(AT_FDCWD, FLOOR_PATH, 0));
    for (size_t i = 0; mounts[i].target; i++)
        if (mounts[i].source)
            sources[i] = MUST(clone_at(AT_FDCWD, mounts[i].source, mounts[i].recursive ? AT_RECURSIVE : 0));
    make_leaves();
    if (leaves[0].v2) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (unsigned)MUST(sys_openat(AT_FDCWD, paths[0], O_RDONLY | O_DIRECTORY, 0));
    }
    int child;
    if (FLOOR_REAPER) {
        child = MUST(sys_clone3(&args));
        if (!child) live((void *)(uintptr_t)(argv + 1));
    } else {
        args.flags |= CLONE_VM | CLONE_VFORK;
        args.stack = (uint64_t)(uintptr_t)stack;
        args.stack_size = sizeof stack;
        child = MUST(sys_thread(&args, live, (void *)(uintptr_t)(argv + 1)));
    }
    end_with(child, true);
}
