/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RF_REAPER_H
#define RF_REAPER_H

#include "fail.h"

/*
 * Step of the first process, `process.init: reaper`: starts the payload process and stays behind as its parent:
 * passes signals on, reaps whatever ends, and ends with the payload.  Returns in the payload process only (and at
 * once without a reaper).
 */
void rf_reaper_start(struct rf_launch *launch);

/* Waiting for signals and a hang-up, for reaper and supervisor.  Reads one signal number from the signalfd,
 * 0 if there is none. */
int rf_reaper_next_signal(int signalfd);

/* Payload process: does not go on before the reaper has dropped its privileges. */
void rf_reaper_await(struct rf_launch *launch);

#endif
