/* SPDX-License-Identifier: Apache-2.0 */
/* Paths where nothing is readable, and paths where nothing is writable. */
#include "chars.h"
#include "furnish.h"
#include "mount.h"

#define EMPTY  "ringfence.empty"
#define CLOSED (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* A path that is not there fulfils the promise.  It cannot appear later on a file system of ours; on a writable
 * image the payload itself could make it, with nothing in it that it did not have. */
static int find(const struct rf_launch *launch, const char *path, struct rf_where where) {
    int fd = rf_mount_find(launch, path);
    if (fd < 0 && fd != -ENOENT && fd != -ENOTDIR) rf_fail(where, fd, "%s", path);
    if (fd >= 0) rf_mount_refuse_root(launch, fd, where, path);
    return fd;
}

/* Whether a mount of the policy lies at or below this path. */
static bool covers_mount(const struct rf_launch *launch, const char *path) {
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_MOUNTS); i++) {
        const struct rf_mount *m = RF_RECORD(&launch->view, MOUNTS, struct rf_mount, i);
        if (rf_chars_below(rf_view_string(&launch->view, m->target), path)) return true;
    }
    return false;
}

static void copy_read_only(struct rf_launch *launch) {
    bool recursive = !rf_mount_old_kernel;
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_READ_ONLY); i++) {
        const char *path = rf_view_string(&launch->view, RF_RECORD(&launch->view, READ_ONLY, struct rf_path, i)->path);
        struct rf_where where = RF_AT(READ_ONLY, READ_ONLY, i);
        int target = find(launch, path, where);
        if (target < 0) continue;
        if (!recursive && covers_mount(launch, path))
            rf_fail(where, -ENOSYS, "%s: read-only with mounts below it takes Linux 5.12", path);
        int tree = rf_must(where, sys_open_tree(target, OPEN_TREE_CLONE | (recursive ? AT_RECURSIVE : 0u)),
                           "%s: cannot clone the mount", path);
        rf_mount_attach(tree, target, where, path);
        rf_mount_restrict(tree, MOUNT_ATTR_RDONLY, recursive, where, path);
        sys_close(tree);
    }
}

/* After the masks, which are found from the mounts that the policy made: the copies lie on top of those, and carry the
 * masks along.  Without mount_setattr a copy leaves out what is mounted below; then it comes first, never covers a mount
 * of the policy, and the masks go on top of it. */
void rf_furnish_read_only(struct rf_launch *launch) {
    if (!rf_mount_old_kernel) copy_read_only(launch);
    rf_mount_forget();
}

static int make_empty_file(struct rf_where where, const char *path) {
    const int dev = rf_furnish_dev_fd();
    rf_must(where, sys_mknodat(dev, EMPTY, S_IFREG, 0), "cannot make an empty file");
    int file = rf_must(where, sys_openat(dev, EMPTY, O_PATH | O_NOFOLLOW, 0), "cannot open the empty file");
    int mount = rf_must(where, sys_open_tree(file, OPEN_TREE_CLONE), "%s: cannot clone the empty file", path);
    sys_close(file);
    return mount;
}

/* One empty directory and one empty file, both on file systems of our own, serve all masks: no path of the image
 * or the host is trusted to be /dev/null.  The first mask of a kind is attached and closed to everything; the others are
 * clones of it, which have its flags.  0: not made yet, for ours are never 0, 1 or 2. */
static int first[2]; /* a file, a directory */

static void mask(int target, bool directory, struct rf_where where, const char *path) {
    static const char *const options[] = {"mode", "555", "size", "4k", "nr_inodes", "1", NULL};
    int mount = first[directory];
    if (mount) {
        mount = rf_must(where, sys_open_tree(mount, OPEN_TREE_CLONE), "%s: cannot clone the mask", path);
        rf_mount_attach(mount, target, where, path);
        sys_close(mount);
        return;
    }
    mount = directory ? rf_mount_new("tmpfs", CLOSED, where, options) : make_empty_file(where, path);
    rf_mount_attach(mount, target, where, path);
    if (!directory) rf_mount_restrict(mount, CLOSED, false, where, path);
    first[directory] = mount;
}

void rf_furnish_masks(struct rf_launch *launch) {
    if (rf_mount_old_kernel) copy_read_only(launch);
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_MASKS); i++) {
        const char *path = rf_view_string(&launch->view, RF_RECORD(&launch->view, MASKS, struct rf_path, i)->path);
        struct rf_where where = RF_AT(MASKS, MASKS, i);
        struct statx st;
        int target = find(launch, path, where);
        if (target < 0) continue;
        rf_must(where, sys_fstatx(target, &st), "%s", path);
        mask(target, (st.stx_mode & S_IFMT) == S_IFDIR, where, path);
    }
    if (first[1]) sys_close(first[1]);
    if (!first[0]) return;
    sys_close(first[0]);
    rf_must(RF_STEP(MASKS), sys_unlinkat(rf_furnish_dev_fd(), EMPTY, 0), "cannot unlink the empty file");
}
