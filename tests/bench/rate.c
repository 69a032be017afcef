/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate ROUNDS NAME=COMMAND NAME=COMMAND...: launches per second, with 1 and with 2 workers, as a table in Markdown.  In
 * each round each command in turn is launched over and over for a tenth of a second; medians, and medians of the
 * ratio to the first command within a round.
 */
#define _GNU_SOURCE
#include "commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_MAX  1000
#define WORKERS_MAX 2
#define SLICE       1e5 /* microseconds */

struct done {
    double launches, took;
};

static void work(const struct command *c, struct done *done) {
    int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    double start = commands_now();
    do {
        commands_wait(c, commands_start(c, out));
        done->launches++;
        done->took = commands_now() - start;
    } while (done->took < SLICE);
    _exit(0);
}

static double per_second(const struct command *c, unsigned workers, struct done *done) {
    double sum = 0;
    for (unsigned w = 0; w < workers; w++) {
        done[w] = (struct done){0, 0};
        if (fork() == 0) work(c, &done[w]);
    }
    for (unsigned w = 0; w < workers; w++) {
        int status = 1;
        if (wait(&status) < 0 || status != 0) exit(1);
    }
    for (unsigned w = 0; w < workers; w++) sum += done[w].launches / done[w].took * 1e6;
    return sum;
}

int main(int argc, char **argv) {
    static struct command commands[COMMANDS_MAX];
    static double rate[COMMANDS_MAX][ROUNDS_MAX], ratio[COMMANDS_MAX][ROUNDS_MAX];
    size_t rounds = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
    size_t count = argc > 2 ? commands_split(commands, argv + 2, (size_t)argc - 2) : 0;
    struct done *done =
        mmap(NULL, WORKERS_MAX * sizeof *done, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (count == 0 || rounds == 0 || rounds > ROUNDS_MAX || done == MAP_FAILED) {
        fputs("usage: rate ROUNDS NAME=COMMAND...\n", stderr);
        return 2;
    }
    printf("| workers | launcher | launches per second | ratio |\n|---|---|---|---|\n");
    for (unsigned workers = 1; workers <= WORKERS_MAX; workers++) {
        for (size_t round = 0; round < rounds; round++)
            for (size_t i = 0; i < count; i++) {
                rate[i][round] = per_second(&commands[i], workers, done);
                ratio[i][round] = rate[i][round] / rate[0][round];
            }
        for (size_t i = 0; i < count; i++)
            printf("| %u | %s | %.0f | %.2f |\n", workers, commands[i].name, commands_median(rate[i], rounds),
                   commands_median(ratio[i], rounds));
    }
    return 0;
}
