/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"
#include "furnish.h"
#include "mount.h"
#include <linux/magic.h>

#define QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* In a user namespace procfs and sysfs can be mounted only for a pid and a network namespace that belong to it.
 * Where that namespace is the host's, the host's mount shows the same, and is bound; a joined one cannot be shown. */
static bool is_from_host(const struct rf_launch *launch, uint32_t kind) {
    bool joined = false;
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_JOINS); i++)
        joined = joined || RF_RECORD(&launch->view, JOINS, struct rf_join, i)->kind == kind;
    return rf_launch_new(launch, CLONE_NEWUSER) && !rf_launch_new(launch, kind) && !joined;
}

static int clone_host(const char *path, unsigned long magic, struct rf_where where) {
    int fd = rf_must(where, sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0), "%s", path);
    if (!rf_files_on(fd, magic)) rf_fail(where, 0, "%s: this machine's is not the kernel's own", path);
    int tree = rf_must(where, sys_open_tree(fd, OPEN_TREE_CLONE | AT_RECURSIVE), "%s: cannot clone the host's", path);
    sys_close(fd);
    return tree;
}

void rf_furnish_proc(struct rf_launch *launch) {
    static const char words[][12] = {"", "noaccess", "invisible", "ptraceable"};
    const struct rf_where where = RF_FIELD(PROC, ROOT, struct rf_root, proc);
    if (rf_furnish_keeps(launch) || launch->root->proc == RF_PROC_NONE) return;
    bool pids = launch->root->proc == RF_PROC_PIDS;
    uint32_t hide = RF_HIDEPID(launch->root->flags);
    if (pids && !hide) hide = RF_HIDEPID_INVISIBLE;
    const char *const options[] = {"hidepid", words[hide], pids ? "subset" : NULL, "pid", NULL};
    bool from_host = is_from_host(launch, CLONE_NEWPID);
    if (from_host && hide) rf_fail(where, 0, "in a user namespace `proc: pids` and hidepid take a new pid namespace");
    int mount = from_host ? clone_host("/proc", PROC_SUPER_MAGIC, where)
                          : rf_mount_new("proc", QUIET, where, hide ? options : NULL);
    rf_mount_attach(mount, rf_mount_target(launch, "/proc", true, where), where, "/proc");
    if (from_host) rf_mount_restrict(mount, QUIET, true, where, "/proc");
    rf_mount_guard(mount);
    sys_close(mount);
}

/* What the host has mounted in its /sys comes along; its cgroups, v1 ones with their release agents even, must not. */
static void cover_cgroups(const struct rf_launch *launch, struct rf_where where) {
    static const char *const options[] = {"mode", "555", "size", "4k", "nr_inodes", "1", NULL};
    static const char path[] = "/sys/fs/cgroup";
    int target = rf_mount_find(launch, path);
    if (target == -ENOENT) return;
    if (target < 0) rf_fail(where, target, "%s", path);
    int empty = rf_mount_new("tmpfs", QUIET | MOUNT_ATTR_RDONLY, where, options);
    rf_mount_attach(empty, target, where, path);
    sys_close(empty);
}

void rf_furnish_sys(struct rf_launch *launch) {
    const struct rf_where where = RF_FIELD(SYS, ROOT, struct rf_root, sys);
    if (rf_furnish_keeps(launch) || launch->root->sys == RF_SYS_NONE) return;
    bool from_host = is_from_host(launch, CLONE_NEWNET);
    int mount = from_host ? clone_host("/sys", SYSFS_MAGIC, where)
                          : rf_mount_new("sysfs", QUIET | MOUNT_ATTR_RDONLY, where, NULL);
    rf_mount_attach(mount, rf_mount_target(launch, "/sys", true, where), where, "/sys");
    if (from_host) {
        rf_mount_restrict(mount, QUIET | MOUNT_ATTR_RDONLY, true, where, "/sys");
        cover_cgroups(launch, where);
    }
    rf_mount_guard(mount);
    sys_close(mount);
}
