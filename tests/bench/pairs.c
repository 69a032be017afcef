/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pairs ROUNDS COMMAND COMMAND...: starts each command once per round, in turn, and prints the median wall time from
 * vfork to reaped and the median of the ratio to the first command within a round.  Words of a command are split at
 * spaces.  The interleaving makes drift of the machine's speed cancel out; only the ratios are to be quoted.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX    64
#define COMMANDS_MAX 8
#define ROUNDS_MAX   10000
#define WARM_UP      5

struct command {
    const char *text;
    char copy[4096];
    char *words[WORDS_MAX + 1];
    double microseconds[ROUNDS_MAX], ratio[ROUNDS_MAX];
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Microseconds of one run; a run that fails ends the measurement. */
static double once(const struct command *c) {
    double start = now();
    pid_t pid =
        vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): what launchers are started by; fork would be measured too */
    if (pid == 0) {
        execvp(c->words[0], c->words);
        _exit(127);
    }
    int status = -1;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "pairs: '%s' failed with status %d\n", c->text, status);
        exit(1);
    }
    return now() - start;
}

static int by_value(const void *pa, const void *pb) {
    double a = *(const double *)pa, b = *(const double *)pb;
    return a < b ? -1 : a > b;
}

static double median(double *list, size_t n) {
    qsort(list, n, sizeof *list, by_value);
    return list[n / 2];
}

/* False if the command is empty or too long. */
static bool split(struct command *c, const char *text) {
    size_t n = 0;
    c->text = text;
    if (strlen(text) >= sizeof c->copy) return false;
    strcpy(c->copy, text); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy): the length was just looked at */
    for (char *word = strtok(c->copy, " "); word && n < WORDS_MAX; word = strtok(NULL, " ")) c->words[n++] = word;
    return n > 0;
}

int main(int argc, char **argv) {
    size_t rounds = argc > 2 ? strtoul(argv[1], NULL, 10) : 0, count = (size_t)argc - 2;
    static struct command commands[COMMANDS_MAX];
    bool good = rounds && rounds <= ROUNDS_MAX && count <= COMMANDS_MAX;
    for (size_t i = 0; good && i < count; i++) good = split(&commands[i], argv[i + 2]);
    if (!good) {
        fputs("usage: pairs ROUNDS COMMAND...\n", stderr);
        return 2;
    }
    for (size_t round = 0; round < rounds + WARM_UP; round++)
        for (size_t i = 0; i < count; i++) {
            double t = once(&commands[i]);
            if (round < WARM_UP) continue;
            commands[i].microseconds[round - WARM_UP] = t;
            commands[i].ratio[round - WARM_UP] = t / commands[0].microseconds[round - WARM_UP];
        }
    for (size_t i = 0; i < count; i++)
        printf("%8.0f us  %6.2fx  %.100s\n", median(commands[i].microseconds, rounds),
               median(commands[i].ratio, rounds), commands[i].text);
    return 0;
}
