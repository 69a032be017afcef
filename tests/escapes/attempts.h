/* SPDX-License-Identifier: Apache-2.0 */
/* What attempts.c and attempts_calls.c share. */
#ifndef RF_ATTEMPTS_H
#define RF_ATTEMPTS_H

#include <stddef.h>

/* One way out: 0 if it is open, else an errno.  Runs in a process of its own. */
struct attempt {
    const char *name;
    int (*make)(void);
};
extern const struct attempt attempts_calls[];
extern const size_t attempts_calls_count;

#endif
