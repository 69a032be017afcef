/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pairs ROUNDS NAME=COMMAND NAME=COMMAND...: starts each command once per round, in turn, and prints, as a table in
 * Markdown, the medians of three times and of their ratios to the first command within a round: to the payload's first
 * instruction (the payload tells the clock's reading, see payload.c); to the launcher reaped; and what the launcher and
 * those that it waited for ran, as the kernel's scheduler counts it, payload included: the one that others' load on the
 * machine moves least.  The interleaving makes drift of the machine's speed cancel out; only the ratios are to be quoted.
 */
#define _GNU_SOURCE
#include "commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 10000
#define WARM_UP    5

enum { TO_EXEC, REAPED, RAN, KINDS };

struct times {
    double of[KINDS][ROUNDS_MAX], ratio[KINDS][ROUNDS_MAX];
};

static void once(const struct command *c, struct times *t, size_t at) {
    int out[2];
    struct timespec told;
    if (pipe2(out, O_CLOEXEC | O_NONBLOCK) != 0) exit(1);
    double start = commands_now();
    t->of[RAN][at] = commands_wait(c, commands_start(c, out[1]));
    t->of[REAPED][at] = commands_now() - start;
    if (read(out[0], &told, sizeof told) != (ssize_t)sizeof told) {
        fprintf(stderr, "pairs: '%s': the payload told no time\n", c->name);
        exit(1);
    }
    t->of[TO_EXEC][at] = (double)told.tv_sec * 1e6 + (double)told.tv_nsec / 1e3 - start;
    close(out[0]);
    close(out[1]);
}

int main(int argc, char **argv) {
    static struct command commands[COMMANDS_MAX];
    static struct times times[COMMANDS_MAX];
    size_t rounds = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
    size_t count = argc > 2 ? commands_split(commands, argv + 2, (size_t)argc - 2) : 0;
    if (count == 0 || rounds == 0 || rounds > ROUNDS_MAX) {
        fputs("usage: pairs ROUNDS NAME=COMMAND...\n", stderr);
        return 2;
    }
    for (size_t round = 0; round < rounds + WARM_UP; round++) {
        size_t at = round < WARM_UP ? 0 : round - WARM_UP;
        for (size_t i = 0; i < count; i++) {
            once(&commands[i], &times[i], at);
            for (int k = 0; k < KINDS; k++) times[i].ratio[k][at] = times[i].of[k][at] / times[0].of[k][at];
        }
    }
    printf("| %zu rounds | to exec, us | ratio | to reaped, us | ratio | ran, us | ratio "
           "|\n|---|---|---|---|---|---|---|\n",
           rounds);
    for (size_t i = 0; i < count; i++) {
        printf("| %s ", commands[i].name);
        for (int k = 0; k < KINDS; k++)
            printf("| %.0f | %.2f ", commands_median(times[i].of[k], rounds),
                   commands_median(times[i].ratio[k], rounds));
        puts("|");
    }
    return 0;
}
