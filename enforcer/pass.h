/* SPDX-License-Identifier: Apache-2.0 */
/* What whoever starts us hands on to the payload beside 0, 1 and 2: descriptors, and the variables that tell of them. */
#ifndef RF_PASS_H
#define RF_PASS_H

#include "fail.h"

/* The value that a list of NAME=value has for a name, or NULL. */
const char *rf_pass_lookup(const char *const *list, const char *name);

/* Before anything else is opened: finds out which descriptors are the payload's, and closes every other one but those
 * that we need.  A directory of the host is never handed on: it would be a way past the root. */
void rf_pass_find(struct rf_launch *launch);

/* Payload process: adds the variables that go with it; returns how many. */
#define RF_PASS_VARIABLES 6
uint32_t rf_pass_environment(const struct rf_launch *launch, const char **out);

/* Payload process, step: closes every other descriptor; until here execve would have closed these too. */
void rf_pass_fds(struct rf_launch *launch);

#endif
