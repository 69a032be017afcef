/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host objects: every path outside the payload's root is opened here, once, before anything is made;
 * what happens later happens to the descriptor.
 */
#ifndef RF_OBJECT_H
#define RF_OBJECT_H

#include "fail.h"

/* O_PATH of a host path.  A parameter with `under` is walked from that directory, without any symlink.
 * `what` names it in the message ("bind source"). */
int rf_object_open(const struct rf_launch *launch, const struct rf_text *path, struct rf_where where, const char *what);

/* Supervisor: opens all; with CAP_SYS_ADMIN the mounts become detached trees at once. */
void rf_object_open_all(struct rf_launch *launch);

/* First process, rootless: an ordinary user may clone only mounts of the namespace it is in, so every path
 * is opened again in the new one and must be the very same file. */
void rf_object_reopen(struct rf_launch *launch);

/* O_PATH of a socket of the host; the last component may not be a symlink. */
int rf_object_open_socket(const struct rf_launch *launch, const struct rf_text *path, struct rf_where where);

/* Opens one class each, failing at the first problem: for --check. */
void rf_object_open_root(struct rf_launch *launch);
void rf_object_open_mount(struct rf_launch *launch, uint32_t i);
void rf_object_open_device(struct rf_launch *launch, uint32_t i);
void rf_object_open_join(struct rf_launch *launch, uint32_t i);
void rf_object_open_io(struct rf_launch *launch, uint32_t i);

#endif
