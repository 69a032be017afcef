/* SPDX-License-Identifier: Apache-2.0 */
/* What the payload sees: steps of the first process, in its own mount namespace.  Each does nothing where
 * the policy keeps the host's mounts (RF_ROOT_KEEP). */
#ifndef RF_FURNISH_H
#define RF_FURNISH_H

#include "fail.h"

static inline bool rf_furnish_keeps(const struct rf_launch *launch) {
    return (launch->root->flags & RF_ROOT_KEEP) != 0;
}

/* furnish_root.c */
void rf_furnish_private(struct rf_launch *launch); /* no mount of ours ever reaches the host, nor back */
void rf_furnish_root(struct rf_launch *launch);    /* attaches the root, restricted */
void rf_furnish_pivot(struct rf_launch *launch);   /* makes it /, lets go of the host's tree */
void rf_furnish_cwd(struct rf_launch *launch);

/* furnish_proc.c */
void rf_furnish_proc(struct rf_launch *launch);
void rf_furnish_sys(struct rf_launch *launch);

/* furnish_dev.c */
void rf_furnish_dev(struct rf_launch *launch);
/* Our own /dev, while it is still writable. */
int rf_furnish_dev_fd(void);
void rf_furnish_dev_seal(struct rf_launch *launch); /* no more nodes */

/* A devpts of the payload's own at /dev/pts, with /dev/ptmx: a descriptor of it. */
int rf_furnish_devpts(struct rf_where where);

/* furnish_mounts.c */
/* In words, and to the kernel; a bind has no name. */
extern const char rf_furnish_kinds[][8];
/* A detached tmpfs as the record of a TMPFS or an OVERLAY has it. */
int rf_furnish_tmpfs(const struct rf_mount *m, struct rf_where where);
void rf_furnish_mounts(struct rf_launch *launch);

/* furnish_masks.c */
void rf_furnish_read_only(struct rf_launch *launch);
void rf_furnish_masks(struct rf_launch *launch);

#endif
