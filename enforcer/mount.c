/* SPDX-License-Identifier: Apache-2.0 */
#include "mount.h"
#include "chars.h"
#include "line.h"
#include <linux/magic.h>

struct device {
    uint32_t major, minor;
};
static struct device own[RF_MOUNTS_MAX + 8], guarded[RF_MOUNTS_MAX + 4];
static uint32_t own_count, guarded_count;
bool rf_mount_old_kernel;

int rf_mount_new(const char *type, unsigned attributes, struct rf_where where, const char *const *options) {
    int fs = rf_must(where, sys_fsopen(type), "cannot make the file system %s", type);
    for (; options && options[0]; options += 2) {
        unsigned how = options[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
        rf_must(where, sys_fsconfig((int)fs, how, options[0], options[1]), "%s: option %s=%s", type, options[0],
                options[1] ? options[1] : "");
    }
    int error = sys_fsconfig((int)fs, FSCONFIG_CMD_CREATE, NULL, NULL);
    rf_must(where, error, "cannot make the file system %s%s", type,
            error == -EPERM && type[0] == 'o' ? "; in a user namespace it takes Linux 5.11" : "");
    int mount = sys_fsmount((int)fs, attributes);
    if (mount < 0) rf_fail(where, mount, "cannot mount a %s", type);
    sys_close((int)fs);
    return mount;
}

static bool same_device(const struct statx *st, const struct device *list, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (list[i].major == st->stx_dev_major && list[i].minor == st->stx_dev_minor) return true;
    return false;
}

static void remember(int mount, struct device *list, uint32_t *count, uint32_t most) {
    struct statx st;
    int error = sys_fstatx(mount, &st);
    if (error < 0 || *count >= most) rf_fail(RF_STEP(MOUNTS), error, "cannot look at a file system of our own");
    list[(*count)++] = (struct device){st.stx_dev_major, st.stx_dev_minor};
}

void rf_mount_own(int mount) {
    remember(mount, own, &own_count, sizeof own / sizeof own[0]);
}
void rf_mount_guard(int mount) {
    remember(mount, guarded, &guarded_count, sizeof guarded / sizeof guarded[0]);
}

/* Whether a path is /proc, /sys or /dev, or lies below one by its text. */
static bool is_special(const char *path) {
    static const char tops[][6] = {"/proc", "/sys", "/dev"};
    for (size_t i = 0; i < sizeof tops / sizeof tops[0]; i++) {
        if (rf_chars_below(path, tops[i])) return true;
    }
    return false;
}

/* EAGAIN: something was renamed during the walk, so that IN_ROOT could not be sure. */
static int walk(int dir, const char *path, uint64_t flags, uint64_t resolve) {
    int fd = -EAGAIN;
    for (int try = 0; try < 64 && fd == -EAGAIN; try++) fd = sys_openat2(dir, path, O_PATH | flags, resolve);
    return fd;
}

/* The mounts of the policy made so far, by target: later ones may lie below earlier ones. */
static struct {
    const char *path;
    int fd;
} kept[1024];
static uint32_t kept_count;

void rf_mount_keep(const char *path, int mount) {
    if (kept_count == sizeof kept / sizeof kept[0]) rf_fail(RF_STEP(MOUNTS), -E2BIG, "%s", path);
    kept[kept_count].path = path;
    kept[kept_count++].fd = mount;
}

void rf_mount_forget(void) {
    while (kept_count > 0) sys_close(kept[--kept_count].fd);
}

int rf_mount_find(const struct rf_launch *launch, const char *path) {
    for (uint32_t i = kept_count; i > 0; i--) {
        const char *rest = rf_chars_after(path, kept[i - 1].path);
        if (rest && *rest == '\0') return sys_fcntl(kept[i - 1].fd, F_DUPFD_CLOEXEC, 0);
        if (rest && *rest == '/')
            return walk(kept[i - 1].fd, rest + 1, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    }
    uint64_t resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    if (is_special(path)) resolve |= RESOLVE_NO_SYMLINKS;
    return walk(launch->root_fd, path, 0, resolve);
}

void rf_mount_refuse_root(const struct rf_launch *launch, int fd, struct rf_where where, const char *path) {
    static struct statx root; /* stx_mask 0: not looked at yet */
    struct statx st;
    if (is_special(path)) return; /* no symlinks there, so it cannot be */
    int error = sys_fstatx(fd, &st);
    if (error == 0 && root.stx_mask == 0) error = sys_fstatx(launch->root_fd, &root);
    if (error != 0) rf_fail(where, error, "%s", path);
    if (st.stx_mnt_id == root.stx_mnt_id && st.stx_ino == root.stx_ino)
        rf_fail(where, 0, "%s: is the root itself, over which nothing can be mounted", path);
}

static void check_target(const struct rf_launch *launch, int fd, const char *path, bool directory,
                         struct rf_where where) {
    struct statx st;
    if (fd == -ELOOP && is_special(path)) rf_fail(where, fd, "%s: the image has a symbolic link on this path", path);
    if (fd < 0) rf_fail(where, fd, "%s: no such mount point in the image", path);
    rf_mount_refuse_root(launch, fd, where, path);
    rf_must(where, sys_fstatx(fd, &st), "%s", path);
    if (directory != ((st.stx_mode & S_IFMT) == S_IFDIR))
        rf_fail(where, 0, "%s%s", path,
                directory ? ": is not a directory in the image" : ": is a directory in the image");
    if (!is_special(path) && same_device(&st, guarded, guarded_count))
        rf_fail(where, 0, "%s: a symbolic link of the image leads it into /proc, /sys or /dev", path);
}

/* Makes the last component of `path` in its directory. */
static int make_target(const struct rf_launch *launch, int above, const char *path, const char *name, bool directory,
                       struct rf_where where) {
    struct statx st;
    rf_must(where, sys_fstatx(above, &st), "%s", path);
    if (!same_device(&st, own, own_count))
        rf_fail(where, 0, "%s%s; add it there, empty (nothing is ever created in an image)", path,
                directory ? ": the image lacks this directory" : ": the image lacks this file");
    rf_must(where, directory ? sys_mkdirat(above, name, 0755) : sys_mknodat(above, name, S_IFREG | 0644, 0),
            "%s: cannot make the mount point", path);
    int fd =
        rf_must(where, walk(above, name, O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
                "%s", path);
    if (above != launch->root_fd) sys_close(above);
    return fd;
}

/* Up to the last directory that is there, and down again: not by recursion, for which a path may have too many components
 * (the stack may be a borrowed one). */
int rf_mount_target(const struct rf_launch *launch, const char *path, bool directory, struct rf_where where) {
    char copy[RF_PAGE];
    if (!RF_PRINT(copy, "%s", path)) rf_fail(where, -ENAMETOOLONG, "%s", path);
    char *const end = copy + rf_chars_length(copy), *cut = end;
    int fd = rf_mount_find(launch, copy);
    while (fd == -ENOENT && cut > copy) {
        do cut--;
        while (*cut != '/');
        *cut = '\0';
        fd = cut == copy ? launch->root_fd : rf_mount_find(launch, copy);
    }
    for (;;) {
        if (cut > copy) check_target(launch, fd, copy, cut < end || directory, where);
        if (cut == end) return fd;
        const char *name = cut + 1;
        *cut = '/';
        cut += 1 + rf_chars_length(name);
        fd = make_target(launch, fd, copy, name, cut < end || directory, where);
    }
}

/* By path, as before Linux 5.12. */
static int remount(int mount, unsigned flags) {
    char path[40];
    RF_PRINT(path, "/proc/self/fd/%d", mount);
    return sys_mount(path, flags);
}

void rf_mount_attach(int mount, int target, struct rf_where where, const char *name) {
    rf_must(where, sys_move_mount(mount, target), "%s: cannot attach the mount", name);
    sys_close(target);
    if (rf_mount_old_kernel)
        rf_must(where, remount(mount, MS_REC | MS_PRIVATE), "%s: cannot make the mount private", name);
}

/* Every flag that is to stay has to be said again. */
static int restrict_by_path(int mount, unsigned attributes) {
    struct statfs fs;
    int error = sys_fstatfs(mount, &fs);
    if (error < 0) return error;
    /* ST_RDONLY, ST_NOSUID, ST_NODEV, ST_NOEXEC and their MS_ and MOUNT_ATTR_ namesakes are the same bits;
     * without an atime flag a remount keeps what is there. */
    unsigned keep = (unsigned)fs.f_flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
    return remount(mount, MS_REMOUNT | MS_BIND | keep | attributes);
}

void rf_mount_restrict(int mount, unsigned attributes, bool recursive, struct rf_where where, const char *name) {
    struct mount_attr attr = {.attr_set = attributes};
    struct statfs fs;
    int error = sys_mount_setattr(mount, recursive ? AT_RECURSIVE : 0, &attr);
    if (error == -ENOSYS) {
        if (recursive) rf_fail(where, error, "%s: restricting a recursive mount takes Linux 5.12", name);
        error = restrict_by_path(mount, attributes);
    }
    if (error < 0) rf_fail(where, error, "%s: cannot set the mount's flags", name);
    rf_must(where, sys_fstatfs(mount, &fs), "%s", name);
    if (((unsigned long)fs.f_flags & attributes) != attributes)
        rf_fail(where, 0, "%s: the kernel did not keep the mount's flags", name);
}
