/* SPDX-License-Identifier: Apache-2.0 */
#include "object.h"
#include "files.h"
#include "line.h"
#include "mount.h"
#include "params.h"
#include "pass.h"
#include <linux/magic.h>
#include <linux/nsfs.h>

static char path_text[RF_PAGE];

static int open_path(const struct rf_launch *launch, const struct rf_text *path, uint64_t flags,
                     struct rf_where where) {
    const struct rf_parameter *bounded = rf_params_under(launch, path);
    rf_params_text(launch, path, path_text, sizeof path_text, where);
    if (!bounded) return sys_openat2(AT_FDCWD, path_text, O_PATH | flags, RESOLVE_NO_MAGICLINKS);
    const char *under = rf_view_string(&launch->view, bounded->under);
    const char *rest = rf_chars_after(path_text, under);
    if (!rest) return -EXDEV; /* rf_view_value_ok() has seen to it */
    while (*rest == '/') rest++;
    int dir = sys_openat2(AT_FDCWD, under, O_PATH | O_DIRECTORY, RESOLVE_NO_MAGICLINKS);
    if (dir < 0) return dir;
    int fd = sys_openat2(dir, *rest ? rest : ".", O_PATH | flags,
                         RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    sys_close(dir);
    return fd;
}

int rf_object_open(const struct rf_launch *launch, const struct rf_text *path, struct rf_where where,
                   const char *what) {
    int fd = rf_must(where, open_path(launch, path, 0, where), "cannot open %s %s", what, path_text);
    return fd;
}

/* What open_path() gave. */
static int check_socket(const struct rf_launch *launch, int fd, struct rf_where where) {
    struct statx st;
    rf_must(where, fd, "cannot open the socket %s", path_text);
    rf_must(where, sys_fstatx(fd, &st), "%s", path_text);
    if ((st.stx_mode & S_IFMT) != S_IFSOCK) rf_fail(where, 0, "%s: not a socket", path_text);
    /* Whoever bound it owns it. What is said there is not for any user who can make a file in the place. */
    if (st.stx_uid != 0 && st.stx_uid != launch->euid)
        rf_fail(where, 0, "%s: belongs to uid %u; it must belong to root or to the user who starts", path_text,
                st.stx_uid);
    return fd;
}

int rf_object_open_socket(const struct rf_launch *launch, const struct rf_text *path, struct rf_where where) {
    return check_socket(launch, open_path(launch, path, O_NOFOLLOW, where), where);
}

static const struct rf_where root_at = RF_FIELD(ROOT, ROOT, struct rf_root, path);

/* A detached copy of the mount(s) at fd, in place of fd. */
static int clone_tree(int fd, bool recursive, struct rf_where where, const char *name) {
    int tree = sys_open_tree(fd, OPEN_TREE_CLONE | (recursive ? AT_RECURSIVE : 0u));
    if (tree == -EINVAL && !recursive)
        rf_fail(where, tree, "%s: has mounts below it that an ordinary user may not uncover; it would take %s%s", name,
                where.word == root_at.word ? "`namespaces.mount: host`" : "`recursive: true`",
                ", or a path without mounts below it");
    if (tree < 0) rf_fail(where, tree, "%s: cannot clone the mount", name);
    /* A clone of a shared mount is its peer: from now on nothing that the host mounts comes in.  Before Linux 5.12 it is
     * made private once it is attached. */
    const struct mount_attr private = {.propagation = MS_PRIVATE};
    int error = sys_mount_setattr(tree, AT_RECURSIVE, &private);
    if (error == -ENOSYS)
        rf_mount_old_kernel = true;
    else
        rf_must(where, error, "%s: cannot make the clone private", name);
    sys_close(fd);
    return tree;
}

void rf_object_open_root(struct rf_launch *launch) {
    struct statx st;
    if (launch->root->flags & RF_ROOT_KEEP) return;
    int fd = rf_object_open(launch, &launch->root->path, root_at, "the root");
    rf_must(root_at, sys_fstatx(fd, &st), "%s", path_text);
    if ((st.stx_mode & S_IFMT) != S_IFDIR) rf_fail(root_at, -ENOTDIR, "%s", path_text);
    launch->objects.root = launch->clones ? clone_tree(fd, false, root_at, path_text) : fd;
}

static struct rf_where mount_at(uint32_t i) {
    return RF_AT(MOUNTS, MOUNTS, i);
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
    if ((m->flags & RF_MOUNT_ID_MAP) && !(launch->clones && launch->maps))
        rf_fail(mount_at(i), -EPERM, "%s: id_map takes a launch by root", rf_view_string(&launch->view, m->target));
    int fd = rf_must(mount_at(i), open_path(launch, &m->source, 0, mount_at(i)), "%s: cannot open bind source %s",
                     rf_view_string(&launch->view, m->target), path_text);
    launch->objects.mounts[i] = launch->clones ? clone_tree(fd, is_recursive(m), mount_at(i), path_text) : fd;
}

/* The host's own node, checked to be the device that the policy means. */
static int open_device(const struct rf_launch *launch, uint32_t i) {
    const struct rf_device *d = RF_RECORD(&launch->view, DEVICES, struct rf_device, i);
    struct rf_where where = RF_AT(DEV, DEVICES, i);
    struct statx st;
    RF_PRINT(path_text, "/dev/%s", rf_view_string(&launch->view, d->name));
    int fd = rf_must(where, sys_openat2(AT_FDCWD, path_text, O_PATH, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
                     "cannot open %s", path_text);
    rf_must(where, sys_fstatx(fd, &st), "%s", path_text);
    if ((st.stx_mode & S_IFMT) != S_IFCHR || st.stx_rdev_major != d->major || st.stx_rdev_minor != d->minor)
        rf_fail(where, 0, "%s: is not the character device %u:%u", path_text, d->major, d->minor);
    if (st.stx_mode & 0777 & ~d->mode)
        rf_fail(where, 0, "%s: this machine's node gives more permissions than the policy does", path_text);
    return fd;
}

void rf_object_open_device(struct rf_launch *launch, uint32_t i) {
    launch->objects.devices[i] = -1;
    if (launch->makes_nodes) return;
    int fd = open_device(launch, i);
    launch->objects.devices[i] = launch->clones ? clone_tree(fd, false, RF_AT(DEV, DEVICES, i), path_text) : fd;
}

/* Namespace files are magic links under /proc, so these alone may be such; the policy names them literally. */
void rf_object_open_join(struct rf_launch *launch, uint32_t i) {
    const struct rf_join *join = RF_RECORD(&launch->view, JOINS, struct rf_join, i);
    const char *path = rf_view_string(&launch->view, join->path);
    struct rf_where where = RF_AT(JOIN, JOINS, i);
    int fd = rf_must(where, sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0),
                     "cannot open the namespace %s", path);
    if (!rf_files_on(fd, NSFS_MAGIC)) rf_fail(where, 0, "%s: not a namespace", path);
    if (sys_ioctl(fd, NS_GET_NSTYPE, NULL) != (int)join->kind)
        rf_fail(where, 0, "%s: a namespace of another kind", path);
    launch->objects.joins[i] = fd;
}

void rf_object_open_io(struct rf_launch *launch, uint32_t i) {
    const struct rf_io *io = RF_RECORD(&launch->view, IO, struct rf_io, i);
    launch->objects.io[i] = rf_object_open(launch, &io->device, RF_AT(CGROUP, IO, i), "device");
}

static const struct rf_where ready_at = RF_FIELD(DEV, SERVICE, struct rf_service, notify_socket);

static int open_ready(const struct rf_launch *launch) {
    const char *value = rf_pass_lookup(launch->options->environment, "NOTIFY_SOCKET");
    if (!RF_PRINT(path_text, "%s", value)) rf_fail(ready_at, -ENAMETOOLONG, "NOTIFY_SOCKET"); /* cut, it is another */
    return check_socket(launch, sys_openat2(AT_FDCWD, path_text, O_PATH | O_NOFOLLOW, RESOLVE_NO_MAGICLINKS), ready_at);
}

/* Where the payload sees the host's mounts the name does; an abstract one is of the network namespace. */
static void open_ready_socket(struct rf_launch *launch) {
    const uint32_t wanted = launch->service->notify_socket;
    const char *found = rf_pass_lookup(launch->options->environment, "NOTIFY_SOCKET"), *value = found ? found : "";
    launch->objects.ready = -1;
    if (wanted == RF_HAND_ON_NOT || (!found && wanted == RF_HAND_ON_IF_THERE)) return;
    if (!found) rf_fail(ready_at, 0, "NOTIFY_SOCKET is not set");
    if (*value != '/' && (*value != '@' || rf_launch_new(launch, CLONE_NEWNET)))
        rf_fail(ready_at, 0, "NOTIFY_SOCKET=%s: neither a path nor, with the host's network, an abstract name", value);
    launch->notify_socket = value - sizeof "NOTIFY_SOCKET";
    if (*value == '@' || (launch->root->flags & RF_ROOT_KEEP)) return;
    launch->notify_socket = "NOTIFY_SOCKET=/dev/notify";
    launch->objects.ready = open_ready(launch);
    if (launch->clones) launch->objects.ready = clone_tree(launch->objects.ready, false, ready_at, path_text);
}

void rf_object_open_all(struct rf_launch *launch) {
    const struct rf_view *v = &launch->view;
    rf_object_open_root(launch);
    for (uint32_t i = 0; i < rf_view_count(v, RF_MOUNTS); i++) rf_object_open_mount(launch, i);
    for (uint32_t i = 0; i < rf_view_count(v, RF_DEVICES); i++) rf_object_open_device(launch, i);
    for (uint32_t i = 0; i < rf_view_count(v, RF_JOINS); i++) rf_object_open_join(launch, i);
    for (uint32_t i = 0; i < rf_view_count(v, RF_IO); i++) rf_object_open_io(launch, i);
    open_ready_socket(launch);
}

/* `again` in place of *fd, if both are the same file. */
static void replace(int *fd, int again, bool recursive, struct rf_where where) {
    struct statx before, after;
    int error = sys_fstatx(*fd, &before);
    if (error == 0) error = sys_fstatx(again, &after);
    if (error != 0) rf_fail(where, error, "%s", path_text);
    if (before.stx_dev_major != after.stx_dev_major || before.stx_dev_minor != after.stx_dev_minor ||
        before.stx_ino != after.stx_ino)
        rf_fail(where, 0, "%s: was exchanged for another file during the launch", path_text);
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
        replace(&launch->objects.devices[i], open_device(launch, i), false, RF_AT(DEV, DEVICES, i));
    if (launch->objects.ready >= 0) replace(&launch->objects.ready, open_ready(launch), false, ready_at);
}
