/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX (256 * 1024)
#define FD_MAX   1024

/* Reads a whole small file into a static buffer; NULL and errno on failure. */
static char *slurp(const char *path) {
    static char bytes[FILE_MAX];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    size_t used = 0;
    ssize_t got = 0;
    while (used < sizeof(bytes) - 1 && (got = read(fd, bytes + used, sizeof(bytes) - 1 - used)) > 0)
        used += (size_t)got;
    int error = got < 0 ? errno : 0;
    close(fd);
    bytes[used] = 0;
    errno = error;
    return error == 0 ? bytes : NULL;
}

static void put_file(const char *key, const char *path) {
    const char *text = slurp(path);
    rf_probe_put(", \"%s\": ", key);
    if (text == NULL)
        rf_probe_put("null");
    else
        rf_probe_put_string(text);
}

static void put_strings(const char *key, char **list) {
    rf_probe_put(", \"%s\": [", key);
    for (size_t i = 0; list[i] != NULL; i++) {
        if (i > 0) rf_probe_put(", ");
        rf_probe_put_string(list[i]);
    }
    rf_probe_put("]");
}

/* getresuid and friends by number: glibc's wrappers are the same, but the raw call shows the 32-bit values. */
static void put_ids(void) {
    uint32_t id[3];
    if (syscall(SYS_getresuid, &id[0], &id[1], &id[2]) != 0) id[0] = id[1] = id[2] = UINT32_MAX;
    rf_probe_put("\"uid\": [%u, %u, %u]", id[0], id[1], id[2]);
    if (syscall(SYS_getresgid, &id[0], &id[1], &id[2]) != 0) id[0] = id[1] = id[2] = UINT32_MAX;
    rf_probe_put(", \"gid\": [%u, %u, %u]", id[0], id[1], id[2]);
    static gid_t groups[65536];
    int count = getgroups(65536, groups);
    rf_probe_put(", \"groups\": [");
    for (int i = 0; i < count; i++) rf_probe_put("%s%u", i == 0 ? "" : ", ", groups[i]);
    rf_probe_put("], \"pid\": %d, \"ppid\": %d, \"sid\": %d, \"pgid\": %d", getpid(), getppid(), getsid(0), getpgrp());
}

static void put_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2] = {{0, 0, 0}, {0, 0, 0}};
    if (syscall(SYS_capget, &header, data) != 0) rf_probe_put(", \"capget\": %d", errno);
    uint64_t bounding = 0, ambient = 0;
    for (unsigned cap = 0; cap < 64; cap++) {
        if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1) bounding |= 1ull << cap;
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1) ambient |= 1ull << cap;
    }
    const uint64_t sets[5] = {(uint64_t)data[1].inheritable << 32 | data[0].inheritable,
                              (uint64_t)data[1].permitted << 32 | data[0].permitted,
                              (uint64_t)data[1].effective << 32 | data[0].effective, bounding, ambient};
    static const char *const names[5] = {"inheritable", "permitted", "effective", "bounding", "ambient"};
    rf_probe_put(", \"caps\": {");
    for (int i = 0; i < 5; i++)
        rf_probe_put("%s\"%s\": %llu", i == 0 ? "" : ", ", names[i], (unsigned long long)sets[i]);
    rf_probe_put("}, \"securebits\": %d, \"no_new_privs\": %d, \"dumpable\": %d, \"seccomp_mode\": %d",
                 prctl(PR_GET_SECUREBITS), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_DUMPABLE),
                 prctl(PR_GET_SECCOMP));
    int death = -1;
    if (prctl(PR_GET_PDEATHSIG, &death) != 0) death = -1;
    rf_probe_put(", \"parent_death_signal\": %d", death);
}

/* The number of filters and of threads are only in /proc. */
static void put_status(void) {
    static const struct {
        const char *line, *key;
    } wanted[] = {{"\nSeccomp_filters:", "seccomp_filters"}, {"\nThreads:", "threads"}, {"\nTracerPid:", "tracer"}};
    const char *text = slurp("/proc/self/status");
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        const char *at = text == NULL ? NULL : strstr(text, wanted[i].line);
        long value = -1;
        if (at != NULL && sscanf(at + strlen(wanted[i].line), "%ld", &value) != 1) value = -1;
        rf_probe_put(", \"%s\": %ld", wanted[i].key, value);
    }
}

static void put_rlimits(void) {
    static const char *const names[] = {"cpu",      "fsize",  "data",    "stack", "core",  "rss",
                                        "nproc",    "nofile", "memlock", "as",    "locks", "sigpending",
                                        "msgqueue", "nice",   "rtprio",  "rttime"};
    rf_probe_put(", \"rlimits\": {");
    for (unsigned i = 0; i < 16; i++) {
        struct {
            uint64_t soft, hard;
        } limit = {0, 0};
        long result = syscall(SYS_prlimit64, 0, i, NULL, &limit);
        rf_probe_put("%s\"%s\": ", i == 0 ? "" : ", ", names[i]);
        if (result != 0)
            rf_probe_put("null");
        else
            rf_probe_put("[%llu, %llu]", (unsigned long long)limit.soft, (unsigned long long)limit.hard);
    }
    rf_probe_put("}");
}

/* By raw call: glibc's sigaction hides the two signals that it uses itself. */
static void put_signals(void) {
    uint64_t mask = 0;
    if (syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask)) != 0) mask = UINT64_MAX;
    rf_probe_put(", \"blocked\": [");
    const char *comma = "";
    for (int n = 1; n <= 64; n++)
        if (mask >> (n - 1) & 1) rf_probe_put("%s%d", comma, n), comma = ", ";
    rf_probe_put("], \"not_default\": [");
    comma = "";
    for (int n = 1; n <= 64; n++) {
        struct {
            uintptr_t handler, flags, restorer;
            uint64_t set;
        } action = {0, 0, 0, 0};
        if (syscall(SYS_rt_sigaction, n, NULL, &action, sizeof(mask)) == 0 && action.handler != 0)
            rf_probe_put("%s%d", comma, n), comma = ", ";
    }
    rf_probe_put("]");
}

/* Without /proc an fd has no name: then null. */
static void put_fds(void) {
    rf_probe_put(", \"fds\": {");
    const char *comma = "";
    for (int fd = 0; fd < FD_MAX; fd++) {
        if (fcntl(fd, F_GETFD) < 0) continue;
        char path[64], target[512];
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        ssize_t got = readlink(path, target, sizeof(target) - 1);
        rf_probe_put("%s\"%d\": ", comma, fd);
        comma = ", ";
        if (got < 0) {
            rf_probe_put("null");
            continue;
        }
        target[got] = 0;
        rf_probe_put_string(target);
    }
    rf_probe_put("}");
}

static void put_namespaces(void) {
    static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
    rf_probe_put(", \"ns\": {");
    for (size_t i = 0; i < 8; i++) {
        char path[64], target[64];
        snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
        ssize_t got = readlink(path, target, sizeof(target) - 1);
        target[got < 0 ? 0 : got] = 0;
        rf_probe_put("%s\"%s\": ", i == 0 ? "" : ", ", names[i]);
        rf_probe_put_string(target);
    }
    rf_probe_put("}");
}

static void put_numeric_entries(const char *key, const char *path) {
    rf_probe_put(", \"%s\": ", key);
    DIR *dir = opendir(path);
    if (dir == NULL) {
        rf_probe_put("null");
        return;
    }
    rf_probe_put("[");
    const char *comma = "";
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
            rf_probe_put("%s%s", comma, entry->d_name), comma = ", ";
    rf_probe_put("]");
    closedir(dir);
}

static void put_directory(const char *key, const char *path) {
    rf_probe_put(", \"%s\": ", key);
    DIR *dir = opendir(path);
    if (dir == NULL) {
        rf_probe_put("null");
        return;
    }
    rf_probe_put("{");
    const char *comma = "";
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        struct stat st;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) memset(&st, 0, sizeof(st));
        rf_probe_put("%s", comma);
        comma = ", ";
        rf_probe_put_string(entry->d_name);
        rf_probe_put(": {\"mode\": %u, \"major\": %u, \"minor\": %u, \"uid\": %u, \"gid\": %u}", st.st_mode,
                     major(st.st_rdev), minor(st.st_rdev), st.st_uid, st.st_gid);
    }
    rf_probe_put("}");
    closedir(dir);
}

static double seconds(clockid_t clock) {
    struct timespec now = {0, 0};
    if (clock_gettime(clock, &now) != 0) return -1;
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void put_surroundings(int argc, char **argv, char **envp) {
    struct utsname names;
    char cwd[4096];
    mode_t mask = umask(0);
    umask(mask);
    rf_probe_put(", \"umask\": %u, \"argc\": %d, \"cwd\": ", mask, argc);
    rf_probe_put_string(syscall(SYS_getcwd, cwd, sizeof(cwd)) > 0 ? cwd : "");
    rf_probe_put(", \"hostname\": ");
    rf_probe_put_string(uname(&names) == 0 ? names.nodename : "");
    put_strings("argv", argv);
    put_strings("env", envp);
    rf_probe_put(", \"clocks\": {\"monotonic\": %.3f, \"boottime\": %.3f, \"realtime\": %.3f}",
                 seconds(CLOCK_MONOTONIC), seconds(CLOCK_BOOTTIME), seconds(CLOCK_REALTIME));
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
    rf_probe_put(", \"controlling_tty\": %d", tty >= 0 ? 0 : errno);
    if (tty >= 0) close(tty);
    rf_probe_tuning();
}

/* Opening for write creates nothing and truncates nothing; in a directory a file is made and removed. */
static int try_write(const char *path, const struct stat *st) {
    if (!S_ISDIR(st->st_mode)) {
        int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0) return errno;
        close(fd);
        return 0;
    }
    char name[4096];
    int length = snprintf(name, sizeof(name), "%s/rf-probe-%d", path, getpid());
    if (length < 0 || (size_t)length >= sizeof(name)) return ENAMETOOLONG;
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return errno;
    close(fd);
    return unlink(name) == 0 ? 0 : errno;
}

/* The result of reading: an errno, or the bytes read (a masked file opens but is empty). */
static void put_path(const char *path) {
    struct stat st;
    memset(&st, 0, sizeof(st));
    int error = stat(path, &st) == 0 ? 0 : errno;
    rf_probe_put_string(path);
    rf_probe_put(": {\"stat\": %d", error);
    if (error == 0) {
        char bytes[256] = "";
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        int opened = fd >= 0 ? 0 : errno;
        long got = fd < 0                ? 0
                   : S_ISDIR(st.st_mode) ? syscall(SYS_getdents64, fd, bytes, sizeof(bytes) - 1)
                                         : read(fd, bytes, sizeof(bytes) - 1);
        int read_error = got < 0 ? errno : 0;
        rf_probe_put(", \"mode\": %u, \"uid\": %u, \"gid\": %u, \"read\": %d, \"bytes\": %ld", st.st_mode, st.st_uid,
                     st.st_gid, opened != 0 ? opened : read_error, got);
        if (!S_ISDIR(st.st_mode) && got > 0) {
            bytes[got] = 0;
            rf_probe_put(", \"text\": ");
            rf_probe_put_string(bytes);
        }
        if (fd >= 0) close(fd);
        rf_probe_put(", \"write\": %d", try_write(path, &st));
    }
    rf_probe_put("}");
}

void rf_probe_report(int argc, char **argv, char **envp, char **paths, size_t count) {
    rf_probe_put("{");
    put_ids();
    put_fds();
    put_signals();
    put_capabilities();
    put_status();
    put_rlimits();
    put_surroundings(argc, argv, envp);
    put_namespaces();
    put_file("mountinfo", "/proc/self/mountinfo");
    put_file("cgroup", "/proc/self/cgroup");
    put_file("timens_offsets", "/proc/self/timens_offsets");
    put_file("oom_score_adj", "/proc/self/oom_score_adj");
    put_file("uid_map", "/proc/self/uid_map");
    put_file("gid_map", "/proc/self/gid_map");
    put_file("setgroups", "/proc/self/setgroups");
    put_file("keys", "/proc/keys");
    put_numeric_entries("processes", "/proc");
    put_directory("dev", "/dev");
    put_directory("root", "/");
    put_directory("net", "/sys/class/net");
    put_file("net_dev", "/proc/net/dev");
    rf_probe_put(", \"keyring\": %ld, \"paths\": {",
                 syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
    for (size_t i = 0; i < count; i++) {
        if (i > 0) rf_probe_put(", ");
        put_path(paths[i]);
    }
    rf_probe_put("}, \"calls\": ");
    rf_probe_try_calls();
    rf_probe_put("}\n");
    rf_probe_flush();
}
