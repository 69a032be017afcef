/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a policy with everything it extends. */
#ifndef RF_BASES_H
#define RF_BASES_H

#include "policy.h"

#define RF_BASES_DEPTH_MAX 16u
#define RF_BASES_FILES_MAX 64u

/* Reads, parses and binds the policy at `path` and, depth first, its bases; each file once.
 * NULL after a diagnostic when the main policy itself could not be parsed. */
struct file *rf_bases_read(struct compile_context *c, const char *path);

#endif
