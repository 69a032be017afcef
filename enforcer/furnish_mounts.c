/* SPDX-License-Identifier: Apache-2.0 */
#include "furnish.h"
#include "limit.h"
#include "line.h"
#include "mount.h"
#include "params.h"

#define QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define FILE  "ringfence.file"

const char rf_furnish_kinds[][8] = {
    [RF_MOUNT_TMPFS] = "tmpfs",   [RF_MOUNT_OVERLAY] = "overlay", [RF_MOUNT_CONTENT] = "content",
    [RF_MOUNT_DEVPTS] = "devpts", [RF_MOUNT_MQUEUE] = "mqueue",   [RF_MOUNT_CGROUP] = "cgroup2"};

/* Those that a bind or a tmpfs has. */
static unsigned attributes_of(const struct rf_mount *m) {
    unsigned noexec = m->flags & RF_MOUNT_NOEXEC ? MOUNT_ATTR_NOEXEC : 0;
    return MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | noexec;
}

int rf_furnish_tmpfs(const struct rf_mount *m, struct rf_where where) {
    char size[24], inodes[16], mode[16], uid[16], gid[16];
    RF_PRINT(size, "%lu", m->size);
    RF_PRINT(inodes, "%u", m->inodes);
    RF_PRINT(mode, "%o", m->mode);
    RF_PRINT(uid, "%u", m->uid);
    RF_PRINT(gid, "%u", m->gid);
    /* tmpfs reads ids as those of the user namespace we are in: as seen inside, which is what the policy means. */
    const char *const options[] = {"mode", mode, "uid", uid, "gid", gid, "size", size, m->inodes ? "nr_inodes" : NULL,
                                   inodes, NULL};
    /* What lies above an image has no top directory that anybody sees. */
    return rf_mount_new("tmpfs", attributes_of(m), where, m->kind == RF_MOUNT_TMPFS ? options : options + 6);
}

/* Attached last, and then left for what lies below it. */
static void put(const struct rf_launch *launch, int mount, const char *target, bool directory, struct rf_where where) {
    rf_mount_attach(mount, rf_mount_target(launch, target, directory, where), where, target);
    rf_mount_keep(target, mount);
}

static void bind(const struct rf_launch *launch, const struct rf_mount *m, int mount, const char *target,
                 struct rf_where where) {
    unsigned attributes = attributes_of(m);
    struct statx st;
    if (!(m->flags & RF_MOUNT_WRITABLE)) attributes |= MOUNT_ATTR_RDONLY;
    rf_must(where, sys_fstatx(mount, &st), "%s", target);
    put(launch, mount, target, (st.stx_mode & S_IFMT) == S_IFDIR, where);
    rf_mount_restrict(mount, attributes, (m->flags & RF_MOUNT_RECURSIVE) != 0, where, target);
}

/* Like the masks' empty file it is made in our own /dev, shown at its target, and has no name there any more. */
static void show_content(const struct rf_launch *launch, const struct rf_mount *m, const char *target,
                         struct rf_where where) {
    static char text[RF_PAGE];
    int dev = rf_furnish_dev_fd();
    rf_params_text(launch, &m->source, text, sizeof text, where);
    int length = (int)rf_chars_length(text);
    int fd = sys_openat(dev, FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, m->mode), error = fd;
    if (fd >= 0) error = sys_write(fd, text, (size_t)length);
    if (error == length) error = sys_fchownat(dev, FILE, m->uid, m->gid);
    if (error != 0) rf_fail(where, error > 0 ? -EIO : error, "%s: cannot make the file", target);
    int mount = rf_must(where, sys_open_tree(fd, OPEN_TREE_CLONE), "%s: cannot make the file", target);
    sys_close(fd);
    put(launch, mount, target, false, where);
    rf_mount_restrict(mount, QUIET | MOUNT_ATTR_RDONLY, false, where, target);
    rf_must(where, sys_unlinkat(dev, FILE, 0), "%s: cannot make the file", target);
}

/* File systems of the kernel's, each of a namespace of our own. */
static int make_kernel_fs(const struct rf_mount *m, const char *target, struct rf_where where) {
    char gid[16];
    const char *const options[] = {"gid", gid, "mode", "620", "ptmxmode", "666", NULL};
    unsigned attributes = QUIET;
    bool terminals = m->kind == RF_MOUNT_DEVPTS;
    if (terminals) {
        attributes &= ~(unsigned)MOUNT_ATTR_NODEV;
        RF_PRINT(gid, "%u", m->gid);
        if (rf_chars_equal(target, "/dev/pts"))
            rf_must(where, sys_symlinkat("pts/ptmx", rf_furnish_dev_fd(), "ptmx"), "cannot make /dev/ptmx");
    }
    if (m->kind == RF_MOUNT_CGROUP) {
        attributes |= MOUNT_ATTR_RDONLY;
        /* its root would be the launcher's group, not the leaf */
        if (!rf_limit_has_v2()) rf_fail(where, 0, "%s: no group of this launch is in cgroup v2", target);
    }
    return rf_mount_new(rf_furnish_kinds[m->kind], attributes, where, terminals ? options : NULL);
}

void rf_furnish_mounts(struct rf_launch *launch) {
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_MOUNTS); i++) {
        const struct rf_mount *m = RF_RECORD(&launch->view, MOUNTS, struct rf_mount, i);
        const char *target = rf_view_string(&launch->view, m->target);
        struct rf_where where = RF_AT(MOUNTS, MOUNTS, i);
        int mount;
        switch (m->kind) {
        case RF_MOUNT_OVERLAY: break; /* it is the root */
        case RF_MOUNT_BIND: bind(launch, m, launch->objects.mounts[i], target, where); break;
        case RF_MOUNT_CONTENT: show_content(launch, m, target, where); break;
        case RF_MOUNT_TMPFS:
            mount = rf_furnish_tmpfs(m, where);
            put(launch, mount, target, true, where);
            rf_mount_own(mount);
            break;
        default:
            mount = make_kernel_fs(m, target, where);
            put(launch, mount, target, true, where);
            rf_mount_guard(mount);
        }
    }
}
