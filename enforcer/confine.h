/* SPDX-License-Identifier: Apache-2.0 */
/* What the payload may do: steps of the process that becomes it, in this order. */
#ifndef RF_CONFINE_H
#define RF_CONFINE_H

#include "fail.h"

/* confine_process.c */
void rf_confine_hostname(struct rf_launch *launch);
void rf_confine_session(struct rf_launch *launch); /* the caller's terminal is never ours to steer */
void rf_confine_oom(struct rf_launch *launch);
void rf_confine_rlimits(struct rf_launch *launch);
void rf_confine_umask(struct rf_launch *launch);

/* confine_identity.c: bounding set, groups, gid, uid, the five sets, securebits; everything read back. */
void rf_confine_identity(struct rf_launch *launch);

/* confine_caps.c, for confine_identity.c */
void rf_confine_caps_bound(uint64_t set);             /* bounding set down to `set`; all of `set` must be held */
void rf_confine_caps_set(uint64_t set, bool as_root); /* after the ids: the other four sets and securebits */

/* For supervisor and reaper: of what this process has only CAP_KILL stays, in force, and `later`, which can be put
 * in force again by rf_confine_caps_raise() if the kernel lets it.  False if that failed. */
bool rf_confine_caps_only_kill(uint64_t later);
void rf_confine_caps_raise(void);

/* confine_last.c */
void rf_confine_keyring(struct rf_launch *launch);
void rf_confine_signals(struct rf_launch *launch);
void rf_confine_no_new_privs(struct rf_launch *launch);
void rf_confine_fds(struct rf_launch *launch);
void rf_confine_seccomp(struct rf_launch *launch);

#endif
