/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RF_CHECK_H
#define RF_CHECK_H

#include "fail.h"

/* --check: prints every problem that would keep this policy from starting here, one a line; exits 0 or 125.
 * Starts nothing, leaves nothing. */
_Noreturn void rf_check(struct rf_launch *launch);

#endif
