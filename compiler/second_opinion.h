/* SPDX-License-Identifier: Apache-2.0 */
/* The same rules through libseccomp, to be compared with. */
#ifndef RF_SECOND_OPINION_H
#define RF_SECOND_OPINION_H

#include "policy.h"

/*
 * Builds the filter of a policy's own machine with libseccomp, in a child that is ended after 5 seconds: its merging of
 * rules may take very long. `optimise`: its binary tree. Rules that it has no form for are left out, and their calls
 * counted in *left_out. Returns the number of instructions written to out[0..most), 0 if there is no filter.
 */
uint32_t rf_second_opinion_build(const struct rf_seccomp *policy, bool optimise, struct rf_insn *out, uint32_t most,
                                 uint32_t *left_out);

/* Prints where libseccomp's filter and ours agree, over every call of the table and arguments near every constant.
 * Tells nothing by a result: it is an opinion. */
void rf_second_opinion(struct compile_context *c, const struct rf_seccomp *policy, const struct rf_insn *insns,
                       size_t count);

#endif
