/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RF_FEATURES_H
#define RF_FEATURES_H

#include "launch.h"

/* --features: prints as one JSON object what this kernel and this caller offer a policy, and exits.  Everything is asked
 * of the kernel, nothing concluded from its release.  Nothing is left behind: a process in a user namespace of its own
 * ends at once. */
_Noreturn void rf_features_print(const struct rf_launch *launch);

#endif
