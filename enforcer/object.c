/* SPDX-License-Identifier: Apache-2.0 */
#include "object.h"
#include "files.h"
#include "line.h"
#include "params.h"
#include <linux/magic.h>
#include <linux/nsfs.h>

static char path_text[RF_PAGE];

static long open_path(const struct rf_launch *launch, const struct rf_text *path, struct rf_where where) {
    const struct rf_parameter *bounded = rf_params_under(launch, path);
    rf_params_text(launch, path, path_text, sizeof path_text, where);
    if (!bounded) return sys_openat2(AT_FDCWD, path_text, O_PATH, RESOLVE_NO_MAGICLINKS);
    const char *under = rf_view_string(&launch->view, bounded->under);
    const char *rest = rf_chars_after(path_text, under);
    if (!rest) return -EXDEV; /* rf_view_value_ok() has seen to it */
    while (*rest == '/') rest++;
    long dir = sys_openat2(AT_FDCWD, under, O_PATH | O_DIRECTORY, RESOLVE_NO_MAGICLINKS);
    if (dir < 0) return dir;
    long fd = sys_openat2((int)dir, *rest ? rest : ".", O_PATH,
                          RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    sys_close((int)dir);
    return fd;
}

int rf_object_open(const struct rf_launch *launch, const struct rf_text *path, struct rf_where where,
                   const char *what) {
    long fd = open_path(launch, path, where);
    if (fd < 0) rf_fail(where, fd, "cannot open ", what, " ", path_text);
    return (int)fd;
}

/* A detached copy of the mount(s) at fd, in place of fd. */
static int clone_tree(int fd, bool recursive, struct rf_where where, const char *name) {
    long tree = sys_open_tree(fd, OPEN_TREE_CLONE | (recursive ? AT_RECURSIVE : 0u));
    if (tree == -EINVAL && !recursive)
        rf_fail(where, tree, name,
                ": has mounts below it that an ordinary user may not uncover; it would take "
                "`recursive: true`, or a path without mounts below it");
    if (tree < 0) rf_fail(where, tree, name, ": cannot clone the mount");
    /* A clone of a shared mount is its peer: from now on nothing that the host mounts comes in.  Before Linux 5.12 it is
     * made private once it is attached. */
    const struct mount_attr private = {.propagation = MS_PRIVATE};
    long error = sys_mount_setattr((int)tree, AT_RECURSIVE, &private);
    if (error < 0 && error != -ENOSYS) rf_fail(where, error, name, ": cannot make the clone private");
    sys_close(fd);
    return (int)tree;
}

static const struct rf_where root_at = {"root", RF_ROOT, offsetof(struct rf_root, path)};

void rf_object_open_root(struct rf_launch *launch) {
    struct statx st;
    if (launch->root->flags & RF_ROOT_KEEP) return;
    int fd = rf_object_open(launch, &launch->root->path, root_at, "the root");
    long error = sys_fstatx(fd, &st);
    if (error < 0) rf_fail(root_at, error, path_text);
    if ((st.stx_mode & S_IFMT) != S_IFDIR) rf_fail(root_at, -ENOTDIR, path_text);
    launch->objects.root = launch->clones ? clone_tree(fd, false, root_at, path_text) : fd;
}

static struct rf_where mount_at(uint32_t i) {
    return RF_AT("mounts", MOUNTS, i);
}

static const struct rf_mount *mount_of(const struct rf_launch *launch, uint32_t i) {
    return RF_RECORD(&launch->view, MOUNTS, struct rf_mount, i);
}

static bool is_recursive(const struct rf_mount *m) {
    return (m->flags & RF_MOUNT_RECURSIVE) != 0;
}

void rf_object_open_mount(struct rf_launch *launch, uint32_t i) {
    const struct rf_mount *m = mount_of(launch, i);
    launch->objects.mounts[i] = -1;
    if (m->kind != RF_MOUNT_BIND) return;
    long fd = open_path(launch, &m->source, mount_at(i));
    if (fd < 0)
        rf_fail(mount_at(i), fd, rf_view_string(&launch->view, m->target), ": cannot open bind source ", path_text);
    launch->objects.mounts[i] = launch->clones ? clone_tree((int)fd, is_recursive(m), mount_at(i), path_text) : (int)fd;
}

/* The host's own node, checked to be the device that the policy means. */
static int open_device(const struct rf_launch *launch, uint32_t i) {
    const struct rf_device *d = RF_RECORD(&launch->view, DEVICES, struct rf_device, i);
    struct rf_where where = RF_AT("dev", DEVICES, i);
    struct rf_line line = RF_LINE(path_text);
    struct statx st;
    rf_line_text(&line, "/dev/");
    rf_line_text(&line, rf_view_string(&launch->view, d->name));
    long fd = sys_openat2(AT_FDCWD, path_text, O_PATH, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    if (fd < 0) rf_fail(where, fd, "cannot open ", path_text);
    long error = sys_fstatx((int)fd, &st);
    if (error < 0) rf_fail(where, error, path_text);
    if ((st.stx_mode & S_IFMT) != S_IFCHR || st.stx_rdev_major != d->major || st.stx_rdev_minor != d->minor)
        rf_fail(where, 0, path_text, ": is not the character device ", RF_DECIMAL(d->major), ":", RF_DECIMAL(d->minor));
    if (st.stx_mode & 0777 & ~d->mode)
        rf_fail(where, 0, path_text, ": this machine's node gives more permissions than the policy does");
    return (int)fd;
}

void rf_object_open_device(struct rf_launch *launch, uint32_t i) {
    launch->objects.devices[i] = -1;
    if (launch->makes_nodes) return;
    int fd = open_device(launch, i);
    launch->objects.devices[i] = launch->clones ? clone_tree(fd, false, RF_AT("dev", DEVICES, i), path_text) : fd;
}

/* Namespace files are magic links under /proc, so these alone may be such; the policy names them literally. */
void rf_object_open_join(struct rf_launch *launch, uint32_t i) {
    const struct rf_join *join = RF_RECORD(&launch->view, JOINS, struct rf_join, i);
    const char *path = rf_view_string(&launch->view, join->path);
    struct rf_where where = RF_AT("join", JOINS, i);
    long fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0) rf_fail(where, fd, "cannot open the namespace ", path);
    if (!rf_files_on((int)fd, NSFS_MAGIC)) rf_fail(where, 0, path, ": not a namespace");
    if (sys_ioctl((int)fd, NS_GET_NSTYPE, NULL) != (long)join->kind)
        rf_fail(where, 0, path, ": a namespace of another kind");
    launch->objects.joins[i] = (int)fd;
}

void rf_object_open_io(struct rf_launch *launch, uint32_t i) {
    const struct rf_io *io = RF_RECORD(&launch->view, IO, struct rf_io, i);
    launch->objects.io[i] = rf_object_open(launch, &io->device, RF_AT("cgroup", IO, i), "device");
}

void rf_object_open_all(struct rf_launch *launch) {
    const struct rf_view *v = &launch->view;
    rf_object_open_root(launch);
    for (uint32_t i = 0; i < rf_view_count(v, RF_MOUNTS); i++) rf_object_open_mount(launch, i);
    for (uint32_t i = 0; i < rf_view_count(v, RF_DEVICES); i++) rf_object_open_device(launch, i);
    for (uint32_t i = 0; i < rf_view_count(v, RF_JOINS); i++) rf_object_open_join(launch, i);
    for (uint32_t i = 0; i < rf_view_count(v, RF_IO); i++) rf_object_open_io(launch, i);
}

/* `again` in place of *fd, if both are the same file. */
static void replace(int *fd, int again, bool recursive, struct rf_where where) {
    struct statx before, after;
    long error = sys_fstatx(*fd, &before);
    if (error == 0) error = sys_fstatx(again, &after);
    if (error != 0) rf_fail(where, error, path_text);
    if (before.stx_dev_major != after.stx_dev_major || before.stx_dev_minor != after.stx_dev_minor ||
        before.stx_ino != after.stx_ino)
        rf_fail(where, 0, path_text, ": was exchanged for another file during the launch");
    sys_close(*fd);
    *fd = clone_tree(again, recursive, where, path_text);
}

void rf_object_reopen(struct rf_launch *launch) {
    const struct rf_view *v = &launch->view;
    if (launch->clones || (launch->root->flags & RF_ROOT_KEEP)) return;
    replace(&launch->objects.root, rf_object_open(launch, &launch->root->path, root_at, "the root"), false, root_at);
    for (uint32_t i = 0; i < rf_view_count(v, RF_MOUNTS); i++) {
        const struct rf_mount *m = mount_of(launch, i);
        if (m->kind != RF_MOUNT_BIND) continue;
        int fd = rf_object_open(launch, &m->source, mount_at(i), "bind source");
        replace(&launch->objects.mounts[i], fd, is_recursive(m), mount_at(i));
    }
    for (uint32_t i = 0; i < rf_view_count(v, RF_DEVICES); i++)
        replace(&launch->objects.devices[i], open_device(launch, i), false, RF_AT("dev", DEVICES, i));
}
