/* SPDX-License-Identifier: Apache-2.0 */
/* --status-fd: one JSON line per event.  Nothing is written where no descriptor was given. */
#ifndef RF_STATUS_H
#define RF_STATUS_H

#include "launch.h"

/* What an `optional` item may leave out, beyond LIMITS (those carry their own record number). */
#define RF_SKIPPED_OOM 0x1u /* oom_score_adj */

void rf_status_start(const struct rf_launch *launch);
void rf_status_exit(const struct rf_launch *launch, int code, int signal, uint64_t oom_kills);
void rf_status_error(const struct rf_launch *launch, int code, const char *step, const char *message);

/* Notes an optional item that could not be applied ("resources.cpu.weight", by file name). */
void rf_status_skipped(const char *name);

/* One line on stderr that names everything skipped so far, or nothing. */
void rf_status_tell_skipped(void);

#endif
