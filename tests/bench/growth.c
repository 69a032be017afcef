/* SPDX-License-Identifier: Apache-2.0 */
/*
 * growth -I DIR: how the time of a compile and of the proof in it grows, as tables in Markdown: with tests in conditions,
 * ABIs, nesting, and arguments that are tested beside each other.  Medians of one run; where a policy is refused, the
 * code of the error ends its table.
 */
#define _GNU_SOURCE
#include "../../compiler/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TIMES 7

static const char *include;
static char path[] = "/tmp/growth-XXXXXX.ringfence.yaml";

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *list) {
    qsort(list, TIMES, sizeof *list, by_size);
    return list[TIMES / 2];
}

static FILE *begin(const char *arch) {
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    fprintf(out, "ringfence: 1\nkind: policy\nname: growth\n%s\nkernel: v6.12\nprocess: {uid: 1, gid: 1}\n", arch);
    fputs("root: {path: /srv/root}\n", out);
    return out;
}

static FILE *begin_rules(void) {
    FILE *out = begin("arch: [x86_64]");
    fputs("capabilities: []\nseccomp:\n  default: errno(EPERM)\n  allow: [execve, exit_group]\n  rules:\n", out);
    return out;
}

static bool refused(const struct diags *diags) {
    if (!rf_diags_errors(diags)) return false;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out) exit(1);
    rf_diags_print(diags, out, false);
    fclose(out);
    const char *code = strstr(text, "[RF");
    printf("| refused: RF%.4s | | | | |\n", code ? code + 3 : "?");
    free(text);
    return true;
}

/* The policy just written, as a row that begins with `what`. False: it is refused. */
static bool measure(FILE *out, const char *what) {
    double whole[TIMES], gen[TIMES], prove[TIMES];
    size_t instructions = 0, cells = 0;
    fclose(out);
    printf("| %s ", what);
    for (int i = 0; i < TIMES; i++) {
        struct rf_arena *arena = rf_arena_new();
        struct diags diags;
        struct blob blob;
        rf_diags_init(&diags, arena);
        struct compile_context c = {.arena = arena, .diags = &diags, .include = &include, .include_count = 1};
        double start = now();
        const struct lower *l = rf_compile_lowered(&c, path, &blob);
        whole[i] = now() - start;
        if (refused(&diags)) return false;
        static struct rf_insn insns[RF_FILTER_MAX];
        instructions = cells = 0;
        gen[i] = prove[i] = 0;
        for (size_t f = 0; f < l->filter_count; f++) {
            start = now();
            size_t count = rf_gen(arena, &l->filters[f].policy, insns);
            gen[i] += now() - start;
            start = now();
            cells += rf_prove(arena, &l->filters[f].policy, insns, count).cells;
            prove[i] += now() - start;
            instructions += count;
        }
        rf_arena_free(arena);
    }
    printf("| %zu | %zu | %.2f | %.2f | %.2f |\n", instructions, cells, median(gen), median(prove), median(whole));
    fflush(stdout);
    return true;
}

static void title(const char *what) {
    printf("\n| %s | instructions | cases proven | made in, ms | proven in, ms | whole compile, ms |\n"
           "|---|---|---|---|---|---|\n",
           what);
}

/* The next call from `at` on whose first argument is an int. */
static const struct rf_syscall *next_call(size_t *at) {
    for (;; ++*at) {
        const struct rf_syscall *call = &rf_syscalls[*at % rf_syscall_count];
        const struct rf_sysarg *arg = &call->args.list[0];
        bool starts = strcmp(call->name, "execve") == 0 || strcmp(call->name, "exit_group") == 0;
        if (call->number[RF_X86_64] < 0 || call->since > RF_RELEASE(6, 12) || starts) continue;
        if (!call->args.known || !call->args.count || arg->is_pointer || arg->width != 32) continue;
        ++*at;
        return call;
    }
}

static void tests_grow(bool mixed) {
    static const unsigned counts[] = {10, 30, 100, 300, 1000, 2000, 3000, 5000, 10000};
    title(mixed ? "tests: values, ranges and masks" : "tests: values");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        FILE *out = begin_rules();
        size_t at = 0;
        for (unsigned made = 0, rule = 0; made < counts[i]; rule++) {
            const struct rf_syscall *call = next_call(&at);
            unsigned most = counts[i] / 100 + 1;
            const char *arg = call->args.list[0].name;
            fprintf(out, "    - {name: r%u, call: %s, then: allow, when: \"", rule, call->name);
            for (unsigned k = 0; k < most && made < counts[i]; k++, made++) {
                if (k) fputs(" or ", out);
                unsigned v = (made * 7919u) % 1000003u;
                if (mixed && made % 3 == 1)
                    fprintf(out, "%s in %u..%u", arg, v, v + 5);
                else if (mixed && made % 3 == 2)
                    fprintf(out, "(%s & 0xff00) == %#x", arg, v & 0xff00);
                else
                    fprintf(out, "%s == %u", arg, v);
            }
            fputs("\"}\n", out);
        }
        char text[32];
        snprintf(text, sizeof text, "%u", counts[i]);
        if (!measure(out, text)) return;
    }
}

static void abis_grow(void) {
    static const char *const steps[][2] = {
        {"x86_64", "arch: [x86_64]"},
        {"and i386", "arch: [x86_64]\ncompat: {x86_64: [i386]}"},
        {"and x32", "arch: [x86_64]\ncompat: {x86_64: [i386, x32]}"},
        {"and aarch64", "arch: [x86_64, aarch64]\ncompat: {x86_64: [i386, x32]}"},
        {"and arm", "arch: [x86_64, aarch64]\ncompat: {x86_64: [i386, x32], aarch64: [arm]}"},
        {"and riscv64", "arch: [x86_64, aarch64, riscv64]\ncompat: {x86_64: [i386, x32], aarch64: [arm]}"},
    };
    title("docker-default for");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        FILE *out = begin(steps[i][1]);
        fputs("extends: [docker-default]\n", out);
        if (!measure(out, steps[i][0])) return;
    }
}

/* a == 0 or (b == 1 and (c == 2 or ...: over the arguments of one call in turn. */
static void nesting_grows(void) {
    static const char *const arguments[] = {"which", "who", "prio"};
    title("levels of nesting");
    for (unsigned depth = 1; depth <= 64; depth *= 2) {
        FILE *out = begin_rules();
        fputs("    - {name: deep, call: setpriority, then: allow, when: \"", out);
        for (unsigned i = 1; i < depth; i++)
            fprintf(out, "%s == %u %s (", arguments[i % 3], 100 * i, i % 2 ? "or" : "and");
        fputs("which == 7", out);
        for (unsigned i = 1; i < depth; i++) putc(')', out);
        fputs("\"}\n", out);
        char text[32];
        snprintf(text, sizeof text, "%u", depth);
        if (!measure(out, text)) return;
    }
}

/* A few values of each of several arguments, joined: what is not linear. */
static void arguments_grow(const char *join, unsigned values) {
    static const char *const names[] = {"option", "arg2", "arg3", "arg4", "arg5"};
    char text[64];
    snprintf(text, sizeof text, "arguments of %u values each, by `%s`", values, join);
    title(text);
    for (unsigned n = 1; n <= 5; n++) {
        FILE *out = begin_rules();
        fputs("    - {name: wide, call: prctl, then: allow, when: \"", out);
        for (unsigned i = 0; i < n; i++) {
            fprintf(out, "%s%s in [", i ? join : "", names[i]);
            for (unsigned v = 0; v < values; v++) fprintf(out, "%s%u", v ? ", " : "", 10 * v + i);
            putc(']', out);
        }
        fputs("\"}\n", out);
        snprintf(text, sizeof text, "%u", n);
        if (!measure(out, text)) return;
    }
}

int main(int argc, char **argv) {
    if (argc != 3 || strcmp(argv[1], "-I") != 0) {
        fputs("usage: growth -I DIR\n", stderr);
        return 2;
    }
    include = argv[2];
    int fd = mkstemps(path, (int)strlen(".ringfence.yaml"));
    if (fd < 0) return 1;
    close(fd);
    tests_grow(false);
    tests_grow(true);
    abis_grow();
    nesting_grows();
    arguments_grow(" and ", 20);
    arguments_grow(" or ", 20);
    unlink(path);
    return 0;
}
