/* SPDX-License-Identifier: Apache-2.0 */
/* Commands as the benchmarks take them on their command lines: "NAME=PROGRAM ARGS", split at spaces. */
#ifndef RF_BENCH_COMMANDS_H
#define RF_BENCH_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define COMMANDS_MAX 8

struct command {
    char copy[8192];
    const char *name;
    char *words[257];
};

/* Fills `commands` from `texts`; how many, or 0 after a message. */
size_t commands_split(struct command *commands, char **texts, size_t count);

/* Starts one by vfork, standard input from /dev/null, standard output to `out`.  Descriptor 9, from which a peer may
 * read its filter, is rewound. */
pid_t commands_start(const struct command *c, int out);

/* Waits; a run that did not end with 0 ends the measurement.  Microseconds that it and all that it waited for ran. */
double commands_wait(const struct command *c, pid_t pid);

double commands_now(void); /* microseconds of CLOCK_MONOTONIC */

/* Sorts the list. */
double commands_median(double *list, size_t n);

#endif
