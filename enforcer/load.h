/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the blob and refusing whatever cannot be a launch, before any side effect. */
#ifndef RF_LOAD_H
#define RF_LOAD_H

#include "launch.h"

/* Fills launch->view and the section pointers from the options' policy. */
void rf_load_policy(struct rf_launch *launch);

/* The filter for this machine; count 0: the policy says `seccomp: none`. */
const struct rf_insn *rf_load_filter(const struct rf_launch *launch, uint32_t *count);

/* Whether an id inside the new user namespace is mapped (kind 0: uid, 1: gid); true without one. */
bool rf_load_mapped(const struct rf_launch *launch, uint32_t kind, uint32_t id);

/* The blob, and behind it room for what parameters make of its texts (params.c), the sums of limits included: each of
 * them may be longer than its parameter. */
#define RF_LOAD_ROOM       (RF_BLOB_MAX + 8)
#define RF_LOAD_ROOM_BYTES (RF_FILL_BYTES + 64 * 24)
extern uint8_t rf_load_bytes[RF_LOAD_ROOM + RF_LOAD_ROOM_BYTES];

#endif
