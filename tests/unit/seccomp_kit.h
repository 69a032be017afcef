/* SPDX-License-Identifier: Apache-2.0 */
/* Random policies and inputs from a fixed seed, and a third reading of a policy's meaning. */
#ifndef SECCOMP_KIT_H
#define SECCOMP_KIT_H

#include "../../compiler/seccomp/seccomp.h"
#include "../../schemas/blob/view.h"

struct kit {
    struct rf_arena *arena;
    uint64_t state;     /* of the generator of numbers; not 0 */
    uint64_t used[512]; /* values that the policy at hand compares with */
    size_t used_count;
    bool no_notify; /* make no rule with that action */
};

uint64_t kit_random(struct kit *kit);
/* 0..limit-1 */
uint32_t kit_below(struct kit *kit, uint32_t limit);

struct kit_shape {
    uint32_t calls, rules, depth; /* at most: calls, rules of each, nesting of a condition */
    uint32_t numbers;             /* call numbers are below it (and a few at the ends of the range) */
    bool compat;                  /* perhaps further ABIs of the machine behind it, perhaps call frequencies */
};
struct rf_seccomp kit_policy(struct kit *kit, enum rf_machine machine, struct kit_shape shape);
const struct rf_cond *kit_cond(struct kit *kit, uint32_t depth);

/* An input near the numbers and values that the policy mentions. */
struct rf_seccomp_data kit_input(struct kit *kit, const struct rf_seccomp *policy);

/* The meaning again, on C's own integer types: neither the generator's nor the prover's reading. */
uint32_t kit_answer(const struct rf_seccomp *policy, const struct rf_seccomp_data *data);
bool kit_holds(const struct rf_cond *cond, const struct rf_seccomp_data *data);

#endif
