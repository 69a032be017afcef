/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock: what of the file tree, of TCP and of other processes the payload reaches, whatever its ids and capabilities.
 *
 * Every access to files that the kernel's ABI and we know of is refused but for the policy's paths.  We know those up to
 * ABI 5 (Linux 6.10); what later ones bring is left alone, so that a newer kernel refuses nothing new.
 */
#ifndef RF_LANDLOCK_H
#define RF_LANDLOCK_H

#include "fail.h"

/* The policy's, or NULL. */
static inline const struct rf_landlock *rf_landlock_of(const struct rf_launch *launch) {
    return launch->view.records[RF_LANDLOCK];
}

/* The release that brought an ABI: major and minor number. */
#define RF_LANDLOCK_LINUX(abi) 5u + rf_landlock_since[(abi)-1] / 100, rf_landlock_since[(abi)-1] % 100u
extern const uint8_t rf_landlock_since[10];

/* Fails if the kernel's ABI is lower than what the policy needs; for the step below, too. */
void rf_landlock_find(struct rf_launch *launch);

/* After the pivot and the change of ids, with no_new_privs: paths are looked for as the payload would. */
void rf_landlock_restrict(struct rf_launch *launch);

#endif
