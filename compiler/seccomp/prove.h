/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the prover.  A region is a set of inputs: per 32-bit word of seccomp_data the numbers
 * lo..hi that agree with known bits.  Both sides run over a region; where a test does not come out the
 * same for all of it, the region is narrowed to one side and the rest is put on the worklist.
 *
 *   prove_word.c  exact arithmetic on the domain of one word; splitting
 *   policy.c      the policy, read by its meaning, over a region
 *   prove.c       the program over a region; the comparison
 */
#ifndef RF_PROVE_H
#define RF_PROVE_H

#include "seccomp.h"

struct rf_domain { /* x with lo <= x <= hi and (x & known) == bits; lo and hi are members */
    uint32_t lo, hi, known, bits;
};

enum { RF_WORDS = 16 }; /* of struct seccomp_data; 2 and 3 are instruction_pointer */
enum { RF_AT_NUMBER = 0, RF_AT_ARCH = 1, RF_AT_ARGS = 4 };

struct rf_region {
    struct rf_domain words[RF_WORDS];
    uint32_t pc;         /* where the program stands */
    uint32_t word, mask; /* accumulator: that word of the input & mask */
    bool decided;        /* the program has returned `says` for all of it */
    uint32_t says;
    int kind;                   /* where the policy stands: looking for matches of this action kind, ... */
    size_t rule;                /* ... at this rule, ... */
    const struct rf_rule *best; /* ... with this match so far */
};

struct rf_worklist {
    struct rf_arena *arena;
    struct rf_region *regions;
    size_t count, capacity;
    size_t tests; /* decided so far */
};

enum rf_test_kind { RF_TEST_EQ, RF_TEST_GE, RF_TEST_SET };
struct rf_test { /* (word & mask) == k, (word & mask) >= k, (word & mask & k) != 0 */
    enum rf_test_kind kind;
    uint32_t word, mask, k;
};

void rf_region_all(struct rf_region *region);
void rf_worklist_push(struct rf_worklist *work, const struct rf_region *region);

/* The outcome of the test on the region, which is narrowed to inputs with that outcome; what was cut
 * off goes to the worklist. */
bool rf_region_decide(struct rf_worklist *work, struct rf_region *region, struct rf_test test);

/* The smallest input of the region. */
void rf_region_witness(const struct rf_region *region, struct rf_seccomp_data *data);

/* Numbers cut where the policy's answer may change, for evaluating many regions. */
struct rf_policy_span {
    uint32_t first;                   /* up to the next span's first */
    const struct rf_call_rules *call; /* or NULL: `otherwise` for all of the span */
    struct rf_action otherwise;
};
struct rf_policy_map {
    const struct rf_seccomp *policy;
    struct rf_policy_span *spans;
    size_t count;
    const struct rf_policy_map *compat; /* of policy->compat */
};
struct rf_policy_map rf_policy_cut(struct rf_arena *arena, const struct rf_seccomp *policy);

/* The region that is one call of an ABI with any arguments. */
void rf_region_call(struct rf_region *region, enum rf_machine abi, uint32_t number);

/* Whether the condition holds for all of the region, which is narrowed as by rf_region_decide(). */
bool rf_policy_holds(struct rf_worklist *work, struct rf_region *region, const struct rf_cond *cond);

/* The policy's answer for all of the region, which is narrowed as by rf_region_decide(). */
uint32_t rf_policy_region(const struct rf_policy_map *map, struct rf_worklist *work, struct rf_region *region);

#endif
