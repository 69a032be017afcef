/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

size_t commands_split(struct command *commands, char **texts, size_t count) {
    if (count > COMMANDS_MAX) count = 0;
    for (size_t i = 0; i < count; i++) {
        struct command *c = &commands[i];
        size_t n = 0, most = sizeof c->words / sizeof c->words[0] - 1;
        int length = snprintf(c->copy, sizeof c->copy, "%s", texts[i]);
        char *rest = strchr(c->copy, '=');
        if (!rest || length < 0 || (size_t)length >= sizeof c->copy) return 0;
        *rest++ = '\0';
        c->name = c->copy;
        for (char *word = strtok(rest, " "); word && n < most; word = strtok(NULL, " ")) c->words[n++] = word;
        if (n == 0 || n == most) return 0;
    }
    return count;
}

pid_t commands_start(const struct command *c, int out) {
    static int null = -1;
    if (null < 0) null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    lseek(9, 0, SEEK_SET);
    pid_t pid =
        vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): what launchers are started by; fork would be measured too */
    if (pid == 0) {
        /* On this system it is a system call like another, in a table of descriptors of the child's own. */
        dup2(null, 0); /* NOLINT(clang-analyzer-unix.Vfork) */
        dup2(out, 1);  /* NOLINT(clang-analyzer-unix.Vfork) */
        execvp(c->words[0], c->words);
        _exit(127);
    }
    return pid;
}

static double in_microseconds(struct timeval t) {
    return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

double commands_wait(const struct command *c, pid_t pid) {
    int status = -1;
    struct rusage used;
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid || status != 0) {
        fprintf(stderr, "'%s' failed with status %#x\n", c->name, (unsigned)status);
        exit(1);
    }
    return in_microseconds(used.ru_utime) + in_microseconds(used.ru_stime);
}

double commands_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *pa, const void *pb) {
    double a = *(const double *)pa, b = *(const double *)pb;
    return a < b ? -1 : a > b;
}

double commands_median(double *list, size_t n) {
    qsort(list, n, sizeof *list, by_value);
    return list[n / 2];
}
