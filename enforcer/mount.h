/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all furnish_*.c need: making a file system, finding a mount point inside the root, attaching.
 *
 * A target is resolved once, to a descriptor, and the mount is made on that descriptor: there is no second
 * walk for a hostile image to change.  Nothing is ever created in an image.
 */
#ifndef RF_MOUNT_H
#define RF_MOUNT_H

#include "fail.h"

/* A new, detached file system; options: key, value, ..., NULL; a value of NULL: the key alone says it. */
int rf_mount_new(const char *type, unsigned attributes, struct rf_where where, const char *const *options);

/* O_PATH inside the root.  Below a mount of the policy it is looked for from that mount, without any symlink.  Below /proc, /sys and /dev no symlink is followed at all; elsewhere none leads out
 * of the root, and no magic link is followed.  -errno. */
int rf_mount_find(const struct rf_launch *launch, const char *path);

/* Fails if this descriptor is the root itself, which a policy or a symbolic link of the image may name: what is
 * mounted there lies over a root that everyone already stands in, so that nobody would ever see it. */
void rf_mount_refuse_root(const struct rf_launch *launch, int fd, struct rf_where where, const char *path);

/* As rf_mount_find(), for a mount point; a missing one is made if it would lie on a file system of our own, else fails. */
int rf_mount_target(const struct rf_launch *launch, const char *path, bool directory, struct rf_where where);

/* Attaches a detached mount to a mount point.  From then on it is private, with all below it: a clone of a shared
 * mount of the host is its peer, and what we mount in it would appear on the host.  (object.c makes such a clone private
 * at once; only before Linux 5.12 it has to be attached first.  All others are private by birth.) */
void rf_mount_attach(int mount, int target, struct rf_where where, const char *name);

/* Adds MOUNT_ATTR_* to an attached mount, and to all below it if asked; verified. */
void rf_mount_restrict(int mount, unsigned attributes, bool recursive, struct rf_where where, const char *name);

/* The kernel was seen to have no mount_setattr(2) (before Linux 5.12); known once the root has been cloned. */
extern bool rf_mount_old_kernel;

/* Remembers a mount of the policy, attached at `path` (from the blob, in ascending order), and its descriptor, which
 * it takes: what lies below is found from there, and not once more through an image that may have changed. */
void rf_mount_keep(const char *path, int mount);
/* Closes them: nothing is looked for any more. */
void rf_mount_forget(void);

/* Remembers a file system as made by us: mount points may be created on it. */
void rf_mount_own(int mount);
/* Remembers /proc, /sys, /dev or another of the kernel's own: an image's symlinks must not lead a mount there. */
void rf_mount_guard(int mount);

#endif
