/* SPDX-License-Identifier: Apache-2.0 */
/* --plan: the steps that launch.c runs, in words, with the policy's values. */
#ifndef RF_PLAN_H
#define RF_PLAN_H

#include "fail.h"

void rf_plan_print(const struct rf_launch *launch);

/* One per step that has values worth showing; each prints indented lines. */
void rf_plan_limits(const struct rf_launch *launch);
void rf_plan_notify(const struct rf_launch *launch);
void rf_plan_clone(const struct rf_launch *launch);
void rf_plan_maps(const struct rf_launch *launch);
void rf_plan_joins(const struct rf_launch *launch);
void rf_plan_hostname(const struct rf_launch *launch);
void rf_plan_sysctls(const struct rf_launch *launch);
void rf_plan_root(const struct rf_launch *launch);
void rf_plan_proc(const struct rf_launch *launch);
void rf_plan_sys(const struct rf_launch *launch);
void rf_plan_devices(const struct rf_launch *launch);
void rf_plan_terminal(const struct rf_launch *launch);
void rf_plan_mounts(const struct rf_launch *launch);
void rf_plan_masks(const struct rf_launch *launch);
void rf_plan_read_only(const struct rf_launch *launch);
void rf_plan_cwd(const struct rf_launch *launch);
void rf_plan_init(const struct rf_launch *launch);
void rf_plan_tuning(const struct rf_launch *launch);
void rf_plan_oom(const struct rf_launch *launch);
void rf_plan_rlimits(const struct rf_launch *launch);
void rf_plan_umask(const struct rf_launch *launch);
void rf_plan_identity(const struct rf_launch *launch);
void rf_plan_program(const struct rf_launch *launch);
void rf_plan_landlock(const struct rf_launch *launch);
void rf_plan_fds(const struct rf_launch *launch);
void rf_plan_seccomp(const struct rf_launch *launch);

#endif
