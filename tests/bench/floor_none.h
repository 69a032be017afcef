/* SPDX-License-Identifier: Apache-2.0 */
/* What floor_data.c would write of a policy that asks for next to nothing: so that the build compiles floor.c too. */
#ifndef RF_BENCH_FLOOR_NONE_H
#define RF_BENCH_FLOOR_NONE_H

#define FLOOR_LEAVES
#define FLOOR_LIMITS
#define FLOOR_MOUNTS
#define FLOOR_MASKS
#define FLOOR_READ_ONLY
#define FLOOR_DEVICES
#define FLOOR_RLIMITS
#define FLOOR_GROUPS
#define FLOOR_ENVIRONMENT
#define FLOOR_FILTER
#define FLOOR_CREATE   0u
#define FLOOR_HOSTNAME ""
#define FLOOR_PATH     "/"
#define FLOOR_CWD      "/"
#define FLOOR_ROOT     7
#define FLOOR_PROC     0
#define FLOOR_SYS      0
#define FLOOR_UID      0
#define FLOOR_GID      0
#define FLOOR_UMASK    18
#define FLOOR_REAPER   0
#define FLOOR_CAPS     UINT64_C(0)
#define FLOOR_LAST_CAP 40

#endif
