/* SPDX-License-Identifier: Apache-2.0 */
#include "furnish.h"
#include "line.h"
#include "mount.h"

static void make_tmpfs(const struct rf_launch *launch, const struct rf_mount *m, const char *target,
                       struct rf_where where) {
    char size[24], mode[16], uid[16], gid[16];
    RF_PRINT(size, "%lu", m->size);
    RF_PRINT(mode, "%o", m->mode);
    RF_PRINT(uid, "%u", m->uid);
    RF_PRINT(gid, "%u", m->gid);
    /* tmpfs reads ids as those of the user namespace we are in: as seen inside, which is what the policy means. */
    const char *const options[] = {"size", size, "mode", mode, "uid", uid, "gid", gid, NULL};
    int mount = rf_mount_new("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, where, options);
    rf_mount_attach(mount, rf_mount_target(launch, target, true, where), where, target);
    rf_mount_own(mount);
    rf_mount_keep(target, mount);
}

static void bind(const struct rf_launch *launch, const struct rf_mount *m, int mount, const char *target,
                 struct rf_where where) {
    unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    struct statx st;
    if (!(m->flags & RF_MOUNT_WRITABLE)) attributes |= MOUNT_ATTR_RDONLY;
    rf_must(where, sys_fstatx(mount, &st), "%s", target);
    bool directory = (st.stx_mode & S_IFMT) == S_IFDIR;
    rf_mount_attach(mount, rf_mount_target(launch, target, directory, where), where, target);
    rf_mount_restrict(mount, attributes, (m->flags & RF_MOUNT_RECURSIVE) != 0, where, target);
    rf_mount_keep(target, mount);
}

void rf_furnish_mounts(struct rf_launch *launch) {
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_MOUNTS); i++) {
        const struct rf_mount *m = RF_RECORD(&launch->view, MOUNTS, struct rf_mount, i);
        const char *target = rf_view_string(&launch->view, m->target);
        struct rf_where where = RF_AT(MOUNTS, MOUNTS, i);
        if (m->kind == RF_MOUNT_TMPFS)
            make_tmpfs(launch, m, target, where);
        else
            bind(launch, m, launch->objects.mounts[i], target, where);
    }
}
