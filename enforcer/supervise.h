/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RF_SUPERVISE_H
#define RF_SUPERVISE_H

#include "fail.h"

/* Undoes a launch that failed: no process, no leaf.  For rf_fail_undo. */
void rf_supervise_undo(struct rf_launch *launch);

/* Waits for the start, then for the end; passes signals on; cleans up; exits with the payload's code. */
_Noreturn void rf_supervise(struct rf_launch *launch);

#endif
