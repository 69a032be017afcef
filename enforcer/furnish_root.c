/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"
#include "furnish.h"
#include "line.h"
#include "mount.h"
#include "object.h"
#include <linux/magic.h>

static const struct rf_where at = RF_FIELD(ROOT, ROOT, struct rf_root, path);

/* A launcher in a chroot would leave the directories above it in the payload's mount namespace, where CAP_SYS_CHROOT
 * leads out of every root.  Joining the mount namespace that we are in takes us to its own root; the pivot then
 * leaves nothing.  In a new user namespace we cannot be (the kernel makes none in a chroot), and without
 * CAP_SYS_CHROOT the payload cannot have it either. */
static void leave_chroot(const struct rf_launch *launch) {
    if (rf_launch_new(launch, CLONE_NEWUSER) || !(launch->caps >> CAP_SYS_CHROOT & 1)) return;
    int self = sys_pidfd_open(sys_getpid()), error = self;
    if (self >= 0) error = sys_setns(self, CLONE_NEWNS);
    rf_must(RF_STEP(ROOT), error, "cannot go to the root of the mount namespace");
    sys_close(self);
}

void rf_furnish_private(struct rf_launch *launch) {
    if (rf_furnish_keeps(launch)) return;
    leave_chroot(launch);
    rf_must(RF_STEP(ROOT), sys_mount("/", MS_REC | MS_PRIVATE), "cannot make all mounts private");
    sys_umask(0); /* modes below are exact; the payload's umask comes with the payload */
    if (sys_umask(0) != 0) rf_fail(RF_STEP(ROOT), 0, "the kernel did not keep the umask");
    rf_object_reopen(launch);
}

static int open_slash(void) {
    return rf_must(at, sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0), "cannot open /");
}

/* The new top directory is to look like the image's; an owner who has no id inside cannot be given one. */
static int make_upper(const struct rf_launch *launch, int memory) {
    struct statx st;
    int error = sys_fstatx(launch->objects.root, &st);
    if (error == 0) error = sys_mkdirat(memory, "work", 0700);
    if (error == 0) error = sys_mkdirat(memory, "upper", 0700);
    if (error == 0) error = sys_fchownat(memory, "upper", st.stx_uid, st.stx_gid);
    if (error == -EINVAL && rf_launch_new(launch, CLONE_NEWUSER)) error = 0;
    if (error == 0) error = sys_fchmodat(memory, "upper", st.stx_mode & 07777u);
    return error;
}

/* The image below, read-only; above it a tmpfs that takes what is written.  The kernel takes layers of our own mount
 * namespace only, so both are attached, one over the other on top of "/"; once it has made its own copies of them they are
 * taken off again, before the overlay goes there: the pivot lets go of what lies directly below the new root, and of
 * nothing above that.  They are named by descriptor, so that there is no walk that could end elsewhere, and the kernel is
 * not to trust redirections that it finds in an image. */
static void lay_over(struct rf_launch *launch) {
    const struct rf_where where = RF_AT(ROOT, MOUNTS, 0);
    char lower[40], upper[40], work[40];
    int memory = rf_furnish_tmpfs(RF_RECORD(&launch->view, MOUNTS, struct rf_mount, 0), where);
    rf_mount_attach(memory, open_slash(), where, "overlay");
    rf_must(where, make_upper(launch, memory), "cannot prepare the overlay");
    RF_PRINT(lower, "/proc/self/fd/%d", launch->objects.root);
    RF_PRINT(upper, "/proc/self/fd/%d/upper", memory);
    RF_PRINT(work, "/proc/self/fd/%d/work", memory);
    /* Without redirections there are no metadata-only copies either.  The attributes that an overlay keeps by default
     * are for the first user namespace only. */
    const char *const options[] = {
        "lowerdir",     lower,      "upperdir",
        upper,          "workdir",  work,
        "redirect_dir", "nofollow", rf_launch_new(launch, CLONE_NEWUSER) ? "userxattr" : NULL,
        NULL,           NULL};
    launch->root_fd = rf_mount_new("overlay", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, where, options);
    int error = sys_umount("/", MNT_DETACH);
    if (error == 0) error = sys_umount("/", MNT_DETACH);
    rf_must(where, error, "cannot prepare the overlay");
    rf_mount_attach(launch->root_fd, open_slash(), where, "overlay");
    rf_mount_own(launch->root_fd);
    sys_close(memory);
    sys_close(launch->objects.root);
}

/* The root goes on top of our "/" first and everything else into it then: up to Linux 6.12 a mount cannot be
 * moved into a tree that is still detached. */
void rf_furnish_root(struct rf_launch *launch) {
    if (rf_furnish_keeps(launch)) return;
    const struct rf_mount *first = RF_RECORD(&launch->view, MOUNTS, struct rf_mount, 0);
    bool overlay = rf_view_count(&launch->view, RF_MOUNTS) > 0 && first->kind == RF_MOUNT_OVERLAY;
    unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    if (overlay || !(launch->root->flags & RF_ROOT_WRITABLE)) attributes |= MOUNT_ATTR_RDONLY;
    rf_mount_attach(launch->objects.root, open_slash(), at, "root.path");
    rf_mount_restrict(launch->objects.root, attributes, false, at, "root.path");
    launch->root_fd = launch->objects.root;
    if (overlay) lay_over(launch);
}

/* What has been promised, looked at once more by path, as the payload will. */
static void verify(const struct rf_launch *launch) {
    struct statfs fs;
    struct statx root, above;
    int slash = open_slash();
    /* What still lay over the root, ".." would lead to. */
    int error = sys_fstatx(slash, &root);
    if (error == 0) error = sys_statx(slash, "..", AT_SYMLINK_NOFOLLOW, &above);
    if (error != 0 || root.stx_mnt_id != above.stx_mnt_id) rf_fail(at, error, "/: is not the topmost mount");
    rf_must(at, sys_fstatfs(slash, &fs), "/");
    unsigned long wanted = MS_NOSUID | MS_NODEV;
    if (!(launch->root->flags & RF_ROOT_WRITABLE)) wanted |= MS_RDONLY;
    if (((unsigned long)fs.f_flags & wanted) != wanted) rf_fail(at, 0, "/: the root's mount flags are not in force");
    if (launch->root->proc != RF_PROC_NONE) {
        int proc = sys_openat2(slash, "/proc", O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
        if (proc < 0) rf_fail(RF_STEP(PROC), proc, "/proc");
        if (!rf_files_on(proc, PROC_SUPER_MAGIC)) rf_fail(RF_STEP(PROC), 0, "/proc is not procfs");
        sys_close(proc);
    }
    sys_close(slash);
}

/* Both arguments ".": the old root ends up stacked on the new one, at the same place, and "." then leads to it.
 * No directory to put it in is needed, on any file system. */
void rf_furnish_pivot(struct rf_launch *launch) {
    if (rf_furnish_keeps(launch)) return;
    rf_must(at, sys_fchdir(launch->root_fd), "cannot enter the root");
    int error = sys_pivot_root(".", ".");
    if (error < 0)
        rf_fail(at, error, "cannot make it the root%s",
                error == -EINVAL ? "; the launcher's own root must be a mount, not the initramfs" : "");
    rf_must(at, sys_umount(".", MNT_DETACH), "cannot detach the host's root");
    sys_close(launch->root_fd);
    verify(launch);
}

/* After the pivot, so that no path of the host can be meant; then getcwd(2) must agree that it is inside. */
void rf_furnish_cwd(struct rf_launch *launch) {
    const struct rf_where where = RF_FIELD(CWD, PROCESS, struct rf_process, cwd);
    const char *path = rf_view_string(&launch->view, launch->process->cwd);
    char real[RF_PAGE];
    rf_must(where, sys_chdir("/"), "/");
    int cwd = rf_must(where, sys_openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS),
                      "%s", path);
    rf_must(where, sys_fchdir(cwd), "%s", path);
    rf_must(where, sys_getcwd(real, sizeof real), "%s", path);
    if (real[0] != '/') rf_fail(where, 0, "%s: lies outside the root", path);
    sys_close(cwd);
}
