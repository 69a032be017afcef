/* SPDX-License-Identifier: Apache-2.0 */
/* Filters and policies changed in one place. */
#ifndef SECCOMP_MUTANTS_H
#define SECCOMP_MUTANTS_H

#include "../../compiler/seccomp/seccomp.h"

enum { KIT_BITS = 64 }; /* of an instruction */

/* Turns one bit of an instruction: of code, jt, jf and k in this order. */
void kit_flip(struct rf_insn *insn, unsigned bit);

/*
 * The wanted-th (from 0) policy that differs from *policy in one place: a call or a rule left out, a condition or half of
 * one left out, another operator, value, mask, width, sign or argument, another action, default or answer to unknown
 * calls; in the machine's own ABI or one behind `compat`.  False when there are fewer of them.
 */
bool kit_mutant(struct rf_arena *arena, const struct rf_seccomp *policy, size_t wanted, struct rf_seccomp *mutant);

#endif
