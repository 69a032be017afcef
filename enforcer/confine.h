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
/* By number, for rf_chars_nth(). */
extern const char rf_confine_rlimit_names[];
void rf_confine_umask(struct rf_launch *launch);

/* confine_sysctls.c, first process: in the new namespaces, before /proc/sys is out of reach. */
void rf_confine_sysctls(struct rf_launch *launch);

/* confine_tuning.c: before the ids, since lower nice values and real-time classes take privilege. */
void rf_confine_tuning(struct rf_launch *launch);
/* The value of an enum rf_tuning_kind that another step applies; 0: not in the policy. */
int64_t rf_confine_tuned(const struct rf_launch *launch, uint32_t kind);
/* By kind for rf_chars_nth(): their names in policies, below `process`; first that of the affinity. */
extern const char rf_confine_tuning_names[];

/* confine_identity.c: bounding set, groups, gid, uid, the five sets, securebits; everything read back. */
void rf_confine_identity(struct rf_launch *launch);

/* confine_caps.c, for confine_identity.c */
void rf_confine_caps_bound(uint64_t set); /* bounding set down to `set`; all of `set` must be held */
/* After the ids: the other four sets, and securebits, `bits` among them. */
void rf_confine_caps_set(uint64_t set, bool as_root, unsigned long bits);

/* For supervisor and reaper: of what this process has only CAP_KILL stays, in force, and `later`, which can be put
 * in force again by rf_confine_caps_raise() if the kernel lets it.  False if that failed. */
bool rf_confine_caps_only_kill(uint64_t later);
void rf_confine_caps_raise(void);

/* confine_last.c */
void rf_confine_keyring(struct rf_launch *launch);
void rf_confine_signals(struct rf_launch *launch);
void rf_confine_no_new_privs(struct rf_launch *launch);
void rf_confine_seccomp(struct rf_launch *launch);

#endif
