/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cgroup leaf: made before the payload exists, its limits written and read back, the payload born in
 * it; killed empty and removed behind it.
 *
 * A host may have cgroup v2, v1, or both (hybrid); each controller is in one of them, and each hierarchy
 * in use gets its own leaf directory.  limit_v1.c is the only file that would go with v1.
 */
#ifndef RF_LIMIT_H
#define RF_LIMIT_H

#include "fail.h"

/* What a leaf's directory is called before the name that the policy gives it (resources.cgroup): no directory of someone
 * else's is like that, so that it can be told for a leaf, and swept. */
#define RF_LIMIT_NAMED "ringfence.leaf."

/* Finds what this host offers for the policy; no side effect.  Fails where it is not enough. */
void rf_limit_find(struct rf_launch *launch);

/* The same, for a launch that makes no leaf and enters none. */
void rf_limit_rehearse(struct rf_launch *launch);

/* Makes the leaf, writes and reads back every limit. */
void rf_limit_apply(struct rf_launch *launch);

/* The descriptor for CLONE_INTO_CGROUP, or -1. */
int rf_limit_v2_leaf(void);

/* Whether the policy's memory is so little that the launch itself could come to its end. */
bool rf_limit_is_tight(const struct rf_launch *launch);

/* Whether the launch has a leaf there, or in a rehearsal would have. */
bool rf_limit_has_v2(void);

/* First process, its first act: enters the v1 leaves (v2 was entered by clone3), and in place that of v2 too. */
void rf_limit_enter(struct rf_launch *launch);

/* Where the leaf is ("/sys/fs/cgroup/..."), or NULL. */
const char *rf_limit_path(const struct rf_launch *launch);

/* Supervisor, at the end: what the leaves counted (status.h); processor time from `usage` where they did not. */
void rf_limit_count(uint64_t *counts, const struct rusage *usage);
/* Then kills what is left and removes the leaves.  False if a leaf could not be removed. */
bool rf_limit_remove(void);

/* In place, at the end of the start: leaves the cgroup that we moved aside to, which nobody else would remove. */
void rf_limit_leave(void);

/* Removes leaves that killed enforcers left beside ours. */
void rf_limit_sweep(void);

#endif
