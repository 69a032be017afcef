/* SPDX-License-Identifier: Apache-2.0 */
/* The compile: its phases, in order. */
#ifndef RF_COMPILE_H
#define RF_COMPILE_H

#include "emit.h"

/*
 * Reads the policy at `path` with its bases and compiles it.  `blob` NULL: everything but the bytes (check;
 * then a base is welcome).  True if there was no error; every error is in c->diags.
 */
bool rf_compile(struct compile_context *c, const char *path, struct blob *blob);

#endif
