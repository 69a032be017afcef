/* SPDX-License-Identifier: Apache-2.0 */
/* Into the namespaces. */
#ifndef RF_ENTER_H
#define RF_ENTER_H

#include "fail.h"

/* Supervisor, before the clone: what only its children will be in (joined pid namespace, new time namespace). */
void rf_enter_prepare(struct rf_launch *launch);

/* Clones the first process into the namespaces and the leaf.  Returns in the supervisor, id maps written;
 * the first process runs its steps and never returns from here.  Without a ready pipe (ready[0] is -1) that process has
 * executed or ended by then. */
void rf_enter_clone(struct rf_launch *launch);

/* The same without leaving the process that was started: it makes the namespaces, runs the steps and never returns.
 * Returns in a process of its own, nobody's child, that plays the supervisor until the payload runs. */
void rf_enter_in_place(struct rf_launch *launch);

/* Steps of the first process. */
void rf_enter_join(struct rf_launch *launch);
void rf_enter_cgroup(struct rf_launch *launch);  /* the cgroup namespace, once it sits in its leaf */
void rf_enter_network(struct rf_launch *launch); /* loopback up */

/* Makes the time namespace for children and writes its offsets. */
void rf_enter_time(struct rf_launch *launch);

/* Dies if the supervisor has: closes the gap before PR_SET_PDEATHSIG. */
void rf_enter_check_alive(const struct rf_launch *launch);
/* Arms the parent-death signal (a change of ids clears it), then checks. */
void rf_enter_die_with_parent(const struct rf_launch *launch);

/* Writes to a file of /proc/self that belongs to root while the process is not dumpable. */
int rf_enter_write_self(const struct rf_launch *launch, const char *name, const char *text);

/* enter_user.c: id maps.  In the supervisor, of the first process; in the first process, its own or waiting. */
void rf_enter_write_maps(struct rf_launch *launch);
void rf_enter_user(struct rf_launch *launch);

#endif
