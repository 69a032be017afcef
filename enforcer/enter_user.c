/* SPDX-License-Identifier: Apache-2.0 */
/* Id maps of a new user namespace, and the ids that the furnishing is done with. */
#include "enter.h"
#include "files.h"
#include "line.h"
#include "load.h"
#include <linux/prctl.h>

/* The kernel takes a map in one write of less than a page. */
static char text[RF_PAGE - 1];

static void put_map(struct rf_line *line, uint32_t inside, uint32_t outside, uint32_t size) {
    rf_line_format(line, "%u %u %u\n", inside, outside, size);
}

static void write_map(int dir, const char *file, const char *map) {
    int error = rf_files_write(dir, file, map);
    if (error < 0)
        rf_fail(RF_STEP(USER), error, "cannot write the id map '%s'%s", map,
                error == -EPERM ? "; mapping ids of others takes CAP_SETUID and CAP_SETGID, mapping id 0 CAP_SETFCAP"
                                : "");
}

static bool is_self(const struct rf_launch *launch) {
    return (launch->ns->flags & RF_NS_MAP_SELF) != 0;
}

static const char *map_text(const struct rf_launch *launch, uint32_t kind) {
    struct rf_line line = RF_LINE(text);
    const struct rf_view *v = &launch->view;
    if (is_self(launch))
        put_map(&line, kind ? launch->process->gid : launch->process->uid, kind ? launch->egid : launch->euid, 1);
    for (uint32_t i = 0; i < rf_view_count(v, RF_ID_MAPS); i++) {
        const struct rf_id_map *m = RF_RECORD(v, ID_MAPS, struct rf_id_map, i);
        if (m->kind == kind) put_map(&line, m->inside, m->outside, m->size);
    }
    if (rf_line_full(&line)) rf_fail(RF_STEP(USER), 0, "the id map is longer than the kernel takes");
    return text;
}

/* procfs of another pid namespace would give us someone else's directory under our child's number. */
static void check_proc(const struct rf_launch *launch) {
    char self[16];
    const char *p = self;
    uint64_t pid;
    int n = sys_readlinkat(launch->proc, "self", self, sizeof self - 1);
    self[n < 0 ? 0 : n] = '\0';
    if (!rf_chars_number(&p, &pid) || *p != '\0' || pid != (uint64_t)sys_getpid())
        rf_fail(RF_STEP(USER), 0, "/proc is that of another pid namespace");
}

/* From here, since it takes rights over the file system; the copies that the child has are the same mounts. */
static void map_owners(struct rf_launch *launch, int dir) {
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_MOUNTS); i++) {
        const struct rf_mount *m = RF_RECORD(&launch->view, MOUNTS, struct rf_mount, i);
        if (!(m->flags & RF_MOUNT_ID_MAP)) continue;
        int ns = sys_openat(dir, "ns/user", O_RDONLY, 0), error = ns;
        attr.userns_fd = (unsigned)ns;
        if (ns >= 0)
            error =
                sys_mount_setattr(launch->objects.mounts[i], m->flags & RF_MOUNT_RECURSIVE ? AT_RECURSIVE : 0, &attr);
        rf_must(RF_AT(MOUNTS, MOUNTS, i), error, "%s: cannot map its owners%s",
                rf_view_string(&launch->view, m->target),
                error == -EINVAL ? "; its file system does not let them be" : "");
        sys_close(ns);
    }
}

/* The kernel lets an ordinary user map one id, its own. */
static bool is_single(const struct rf_launch *launch, uint32_t kind) {
    uint32_t own = kind ? launch->egid : launch->euid, count = 0;
    const struct rf_view *v = &launch->view;
    for (uint32_t i = 0; i < rf_view_count(v, RF_ID_MAPS); i++) {
        const struct rf_id_map *m = RF_RECORD(v, ID_MAPS, struct rf_id_map, i);
        if (m->kind == kind && (++count > 1 || m->size != 1 || m->outside != own)) return false;
    }
    return true;
}

static bool is_helped(const struct rf_launch *launch) {
    return !launch->maps && !(is_single(launch, 0) && is_single(launch, 1));
}

static const char helpers[2][20] = {"/usr/bin/newuidmap", "/usr/bin/newgidmap"};
static const char map_files[2][16] = {"self/uid_map", "self/gid_map"};
#define BELOW_SELF(kind) (map_files[kind] + sizeof "self") /* below the directory of a process */

/* The set-user-id program that maps what /etc/subuid or /etc/subgid gives the user; looked at, and then executed, by one
 * descriptor. */
static int open_helper(uint32_t kind) {
    struct statx st;
    int fd = rf_must(RF_STEP(USER), sys_openat2(AT_FDCWD, helpers[kind], O_PATH, RESOLVE_NO_SYMLINKS),
                     "maps of more than the own id take root, or %s", helpers[kind]);
    rf_must(RF_STEP(USER), sys_fstatx(fd, &st), "%s", helpers[kind]);
    if ((st.stx_mode & (S_IFMT | 022)) != S_IFREG || st.stx_uid != 0)
        rf_fail(RF_STEP(USER), 0, "%s: others than root can write it", helpers[kind]);
    return fd;
}

/* Nothing of ours but the numbers reaches it: no environment, no descriptor, no signal. */
_Noreturn static void become_helper(int fd, uint32_t kind, const char *pid) {
    static const char *argv[2 + sizeof text / 2];
    uint32_t n = 2;
    argv[0] = helpers[kind];
    argv[1] = pid;
    for (char *p = text; *p != '\0'; *p++ = '\0') {
        argv[n++] = p;
        while (*p != ' ' && *p != '\n') p++;
    }
    sys_close_range(0, 2); /* glibc opens /dev/null there for a set-user-id program */
    sys_sigmask(0, NULL);
    sys_execveat(fd, argv, &argv[n]);
    sys_exit(RF_STEP_FAILED);
}

/* The same numbers in the same order: the kernel shows them in columns. */
static bool same_numbers(const char *a, const char *b) {
    uint64_t x, y;
    for (;;) {
        while (*a == ' ' || *a == '\n') a++;
        while (*b == ' ' || *b == '\n') b++;
        if (*a == '\0' && *b == '\0') return true;
        if (!rf_chars_number(&a, &x) || !rf_chars_number(&b, &y) || x != y) return false;
    }
}

static void run_helper(struct rf_launch *launch, int dir, uint32_t kind, const char *pid) {
    static char shown[3 * RF_PAGE];
    struct clone_args args = {.exit_signal = SIGCHLD};
    siginfo_t info = {.si_pid = 0};
    int fd = open_helper(kind), error;
    map_text(launch, kind);
    int child = rf_must(RF_STEP(USER), sys_clone3(&args), "%s", helpers[kind]);
    if (child == 0) become_helper(fd, kind, pid);
    sys_close(fd);
    do error = sys_waitid(P_PID, child, &info, WEXITED);
    while (error == -EINTR);
    if (error < 0 || info.si_status != 0)
        rf_fail(RF_STEP(USER), error, "%s refused the map (status %d): see /etc/sub%s", helpers[kind], info.si_status,
                kind ? "gid" : "uid");
    error = rf_files_read(dir, BELOW_SELF(kind), shown, sizeof shown);
    if (error < 0 || !same_numbers(shown, text))
        rf_fail(RF_STEP(USER), error < 0 ? error : 0, "%s wrote another map: %s", helpers[kind], shown);
}

void rf_enter_write_maps(struct rf_launch *launch) {
    char name[16], byte;
    bool helped = is_helped(launch);
    if (!rf_launch_new(launch, CLONE_NEWUSER) || !(launch->maps || helped)) return;
    /* In place the first process is in its namespace by now, or has failed or died, which supervising will find. */
    if (rf_shared->apart < rf_shared->in_place) return;
    /* Until the first process has denied setgroups, and become one that a helper may look at. */
    if (helped && rf_must(RF_STEP(USER), sys_read(launch->ready[0], &byte, 1), "cannot wait") == 0) return;
    check_proc(launch);
    RF_PRINT(name, "%d", launch->child);
    /* A child of ours is not waited for, so that its number is its own. */
    int dir = rf_must(RF_STEP(USER), sys_openat(launch->proc, name, O_PATH | O_DIRECTORY, 0),
                      "cannot open /proc of the first process");
    /* In place it is not: then its number is its own if it was not yet waited for when the directory was open. */
    if (sys_pidfd_signal(launch->pidfd, 0) < 0) return;
    for (uint32_t kind = 0; kind < 2; kind++) {
        if (helped)
            run_helper(launch, dir, kind, name);
        else
            write_map(dir, BELOW_SELF(kind), map_text(launch, kind));
    }
    map_owners(launch, dir);
    sys_close(dir);
    int n = sys_write(launch->go[1], "m", 1);
    if (n != 1 && n != -EPIPE) rf_fail(RF_STEP(USER), n, "cannot tell the first process to go on");
}

/* Denied first: else a group could be dropped that forbids something (CVE-2014-8989); the kernel insists where a user
 * maps the own group. */
static void deny_groups(const struct rf_launch *launch) {
    rf_must(RF_STEP(USER), rf_enter_write_self(launch, "self/setgroups", "deny"), "cannot deny setgroups");
}

static void write_own(struct rf_launch *launch) {
    deny_groups(launch);
    for (uint32_t kind = 0; kind < 2; kind++)
        rf_must(RF_STEP(USER), rf_enter_write_self(launch, map_files[kind], map_text(launch, kind)),
                "cannot write the id map '%s'", text);
}

/* Files on our own file systems need an owner that has a mapping: root inside if there is one, else the payload. */
static void take_ids(const struct rf_launch *launch) {
    uint32_t gid = rf_load_mapped(launch, 1, 0) ? 0 : launch->process->gid;
    uint32_t uid = rf_load_mapped(launch, 0, 0) ? 0 : launch->process->uid;
    int error = sys_setresgid(gid);
    if (error == 0) error = sys_setresuid(uid);
    if (error == 0) error = sys_prctl(PR_SET_DUMPABLE, 0, 0);
    rf_must(RF_STEP(USER), error, "cannot take an id of the new user namespace");
    rf_enter_die_with_parent(launch);
}

/* For the helper our /proc has to be the user's, as it is while we are dumpable: take_ids() ends that. */
static void ask_for_help(const struct rf_launch *launch) {
    deny_groups(launch);
    int error = sys_prctl(PR_SET_DUMPABLE, 1, 0);
    if (error == 0) error = sys_write(launch->ready[1], "r", 1);
    rf_must(RF_STEP(USER), error, "cannot wait");
}

void rf_enter_user(struct rf_launch *launch) {
    char byte;
    int n;
    if (!rf_launch_new(launch, CLONE_NEWUSER)) return;
    bool helped = is_helped(launch);
    if (helped) ask_for_help(launch);
    if (launch->maps || helped) {
        do n = sys_read(launch->go[0], &byte, 1);
        while (n == -EINTR);
        if (n != 1) sys_exit(RF_STEP_FAILED); /* the supervisor is gone, or has failed and says so itself */
    } else {
        write_own(launch);
    }
    take_ids(launch);
}
