/* SPDX-License-Identifier: Apache-2.0 */
/* The compile: its phases, in order. */
#ifndef RF_COMPILE_H
#define RF_COMPILE_H

#include "emit.h"

/*
 * Reads the policy at `path` with its bases and compiles it.  `blob` NULL: everything but the bytes (check;
 * then a base is welcome).  Returns the lowered policy, in the arena; NULL after an error or, without `blob`, for a base.
 * Every error is in c->diags.
 */
struct lower *rf_compile_lowered(struct compile_context *c, const char *path, struct blob *blob);

/* The same, when the lowered policy is not needed. */
bool rf_compile(struct compile_context *c, const char *path, struct blob *blob);

#endif
