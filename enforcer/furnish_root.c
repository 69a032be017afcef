/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"
#include "furnish.h"
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

/* The root goes on top of our "/" first and everything else into it then: up to Linux 6.12 a mount cannot be
 * moved into a tree that is still detached. */
void rf_furnish_root(struct rf_launch *launch) {
    if (rf_furnish_keeps(launch)) return;
    unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    if (!(launch->root->flags & RF_ROOT_WRITABLE)) attributes |= MOUNT_ATTR_RDONLY;
    int slash = rf_must(at, sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0), "cannot open /");
    rf_mount_attach(launch->objects.root, slash, at, "root.path");
    rf_mount_restrict(launch->objects.root, attributes, false, at, "root.path");
    launch->root_fd = launch->objects.root;
}

/* What has been promised, looked at once more by path, as the payload will. */
static void verify(const struct rf_launch *launch) {
    struct statfs fs;
    int slash = rf_must(at, sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0), "/");
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
