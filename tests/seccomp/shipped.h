/* SPDX-License-Identifier: Apache-2.0 */
/* For programs that look at filters as the compiler makes them, one policy file after the other. */
#ifndef SHIPPED_H
#define SHIPPED_H

#include "../../compiler/compile.h"
#include "../unit/seccomp_kit.h"

#include <stdio.h>
#include <stdlib.h>

/* True in every build; what is printed tells the line and ends the program. */
#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                                  \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/*
 * Compiles every policy of the arguments `PROGRAM [-I DIR]... POLICY...` and calls `look` with each; the arena is the
 * policy's.  Ends the program with the diagnostics of one that does not compile, and with 2 when none is named.
 */
void shipped_each(int argc, char **argv, void (*look)(struct rf_arena *arena, const struct lower *policy));

/* Has kit_input() stay near the values that a policy, which it did not make, compares with. */
void shipped_learn(struct kit *kit, const struct rf_seccomp *policy);

#endif
