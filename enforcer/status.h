/* SPDX-License-Identifier: Apache-2.0 */
/* --status-fd: one JSON line per event.  Nothing is written where no descriptor was given. */
#ifndef RF_STATUS_H
#define RF_STATUS_H

#include "launch.h"

/* What an `optional` item may leave out, beyond LIMITS (those carry their own record number). */
#define RF_SKIPPED_OOM 0x1u /* oom_score_adj */

/* CLOCK_MONOTONIC, in ns. */
uint64_t rf_status_now(void);

void rf_status_start(const struct rf_launch *launch);
/* What the kernel counted, in the order in which it is told; RF_UNCOUNTED where it did not. */
enum { RF_COUNT_OOM_KILLS, RF_COUNT_MEMORY, RF_COUNT_PIDS, RF_COUNT_USER, RF_COUNT_SYSTEM, RF_COUNTS };
#define RF_UNCOUNTED UINT64_MAX

struct rf_status_end {
    int code, signal;
    bool time_limit;
    uint64_t counts[RF_COUNTS];
};
void rf_status_exit(const struct rf_launch *launch, const struct rf_status_end *end);
void rf_status_error(const struct rf_launch *launch, int code, const char *step, const char *message);

/* Notes an optional item that could not be applied ("resources.cpu.weight", by file name). */
void rf_status_skipped(const char *name);

/* One line on stderr that names everything skipped so far, or nothing. */
void rf_status_tell_skipped(void);

#endif
