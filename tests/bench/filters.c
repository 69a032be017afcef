/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filters [-I DIR] POLICY...: what the filters of policies cost, as a table in Markdown: instructions, instructions
 * executed per decision, the share that the kernel answers from its bitmap, seccomp(2), calls, compiling. For this
 * machine's own ABI; beside ours the same rules as libseccomp writes them, plain and optimised. Times are medians of
 * one run: compare them within a table only.
 */
#define _GNU_SOURCE
#include "../../compiler/compile.h"
#include "../../compiler/second_opinion.h"

#include <errno.h>
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __x86_64__
#define HERE   RF_X86_64
#define UNUSED 183 /* afs_syscall: a number that every kernel answers at once, and no policy here lists */
#elif defined(__aarch64__)
#define HERE   RF_AARCH64
#define UNUSED 245
#else
#define HERE   RF_RISCV64
#define UNUSED 245
#endif
#define TIMES 15 /* installs and compiles, of which the median is told */
#define LOOPS 200000

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *list, int n) {
    qsort(list, (size_t)n, sizeof *list, by_size);
    return list[n / 2];
}

/* As seccomp_is_const_allow() of kernel/seccomp.c: followed by number and architecture alone, it allows. */
static bool is_constant_allow(const struct rf_insn *insns, uint32_t count, uint32_t number) {
    uint32_t a = 0;
    for (uint32_t pc = 0; pc < count; pc++) {
        const struct rf_insn *i = &insns[pc];
        bool yes;
        switch (i->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            if (i->k > 4) return false;
            a = i->k ? rf_machine_info[HERE].audit_arch : number;
            continue;
        case BPF_RET | BPF_K: return i->k == SECCOMP_RET_ALLOW;
        case BPF_JMP | BPF_JA: pc += i->k; continue;
        case BPF_JMP | BPF_JEQ | BPF_K: yes = a == i->k; break;
        case BPF_JMP | BPF_JGE | BPF_K: yes = a >= i->k; break;
        case BPF_JMP | BPF_JGT | BPF_K: yes = a > i->k; break;
        case BPF_JMP | BPF_JSET | BPF_K: yes = a & i->k; break;
        case BPF_ALU | BPF_AND | BPF_K: a &= i->k; continue;
        default: return false;
        }
        pc += yes ? i->jt : i->jf;
    }
    return false;
}

struct shape {
    double mean;
    size_t worst, plain, answered; /* allowed whatever the arguments; of these answered by the bitmap */
};

/* Over every number that the table has; the worst also over what the arguments can be. */
static struct shape shape_of(struct rf_arena *arena, const struct rf_seccomp *p, const struct rf_insn *insns,
                             uint32_t count) {
    struct shape s = {0};
    size_t calls = 0, steps, sum = 0;
    struct rf_answer answers[64];
    for (size_t i = 0; i < rf_syscall_count; i++) {
        if (rf_syscalls[i].number[HERE] < 0) continue;
        struct rf_seccomp_data d = {.number = (uint32_t)rf_syscalls[i].number[HERE],
                                    .arch = rf_machine_info[HERE].audit_arch};
        rf_bpf_run(insns, count, &d, &steps);
        sum += steps;
        calls++;
        bool complete;
        size_t n = rf_bpf_answers(arena, insns, HERE, d.number, NULL, answers, 64, &complete);
        bool plain = true;
        for (size_t r = 0; r < p->count; r++)
            for (size_t k = 0; p->calls[r].number == d.number && k < p->calls[r].count; k++)
                plain = plain && !p->calls[r].rules[k].when;
        for (size_t k = 0; k < n; k++) {
            rf_bpf_run(insns, count, &answers[k].witness, &steps);
            if (steps > s.worst) s.worst = steps;
        }
        if (!plain || n != 1 || answers[0].says != SECCOMP_RET_ALLOW) continue;
        s.plain++;
        s.answered += is_constant_allow(insns, count, d.number);
    }
    s.mean = (double)sum / (double)calls;
    return s;
}

struct costs { /* shared with a child */
    double install, allowed, tested, denied;
};

static double loop(long number, long argument) {
    double start = now();
    for (int i = 0; i < LOOPS; i++) syscall(number, argument);
    return (now() - start) / LOOPS * 1e9;
}

/* A call that every policy here allows without a look at its arguments, one that some test, one that none lists. */
_Noreturn static void pay(const struct rf_insn *insns, uint32_t count, long tested, long denied, struct costs *out) {
    struct sock_fprog program = {(unsigned short)count, (struct sock_filter *)(uintptr_t)insns};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    double start = now();
    if (count && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) _exit(1);
    out->install = (now() - start) * 1e6;
    out->allowed = loop(SYS_getppid, 0);
    if (tested >= 0) out->tested = loop(tested, 0xffffffffL);
    if (denied >= 0) out->denied = loop(denied, -1);
    syscall(SYS_exit_group, 0);
    _exit(1);
}

static bool costs_of(const struct rf_insn *insns, uint32_t count, long tested, long denied, struct costs *median_of) {
    struct costs *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    double each[4][TIMES];
    int status = 1;
    for (int i = 0; i < TIMES; i++) {
        memset(shared, 0, sizeof *shared);
        pid_t child = fork();
        if (child == 0) pay(insns, count, tested, denied, shared);
        if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) return false;
        each[0][i] = shared->install;
        each[1][i] = shared->allowed;
        each[2][i] = shared->tested;
        each[3][i] = shared->denied;
    }
    *median_of =
        (struct costs){median(each[0], TIMES), median(each[1], TIMES), median(each[2], TIMES), median(each[3], TIMES)};
    munmap(shared, sizeof *shared);
    return true;
}

/* Whether a call gets `says` whatever its arguments, or its arguments are looked at. */
static bool is_tested(const struct rf_seccomp *p, long number) {
    for (size_t i = 0; i < p->count; i++)
        for (size_t r = 0; p->calls[i].number == (uint32_t)number && r < p->calls[i].count; r++)
            if (p->calls[i].rules[r].when) return true;
    return false;
}

static void print_row(const char *policy, const char *by, const struct rf_seccomp *p, const struct rf_insn *insns,
                      uint32_t count, const struct costs *bare, double compile, double proof) {
    struct rf_arena *arena = rf_arena_new();
    struct shape s = shape_of(arena, p, insns, count);
    struct costs c;
    struct rf_seccomp_data unused = {.number = UNUSED, .arch = rf_machine_info[HERE].audit_arch};
    long tested = is_tested(p, SYS_personality) ? SYS_personality : -1;
    long denied = rf_bpf_run(insns, count, &unused, NULL) == SECCOMP_RET_KILL_PROCESS ? -1 : UNUSED;
    printf("| %s | %s | %u | %.1f | %zu | %zu of %zu ", policy, by, count, s.mean, s.worst, s.answered, s.plain);
    if (!costs_of(insns, count, tested, denied, &c)) {
        puts("| not measured here | | | | | |");
    } else {
        printf("| %.0f | %+.0f ", c.install, c.allowed - bare->allowed);
        printf(tested >= 0 ? "| %+.0f " : "| ", c.tested - bare->tested);
        printf(denied >= 0 ? "| %+.0f " : "| ", c.denied - bare->denied);
        printf(compile >= 0 ? "| %.2f " : "| ", compile);
        printf(proof >= 0 ? "| %.2f |\n" : "| |\n", proof);
    }
    rf_arena_free(arena);
}

static void measure(struct compile_context *c, const char *path, const struct costs *bare) {
    struct blob blob;
    double gen[TIMES], prove[TIMES];
    const struct rf_seccomp *p = NULL;
    struct lower *l = rf_compile_lowered(c, path, &blob);
    for (size_t i = 0; l && i < l->filter_count; i++)
        if (l->filters[i].policy.machine == HERE) p = &l->filters[i].policy;
    if (!p) {
        rf_diags_print(c->diags, stderr, false);
        fprintf(stderr, "filters: %s has no filter for this machine\n", path);
        exit(1);
    }
    static struct rf_insn ours[RF_FILTER_MAX], theirs[RF_FILTER_MAX];
    uint32_t count = 0, left_out;
    for (int i = 0; i < TIMES; i++) {
        struct rf_arena *arena = rf_arena_new();
        double start = now();
        count = (uint32_t)rf_gen(arena, p, ours);
        gen[i] = (now() - start) * 1e3;
        start = now();
        rf_prove(arena, p, ours, count);
        prove[i] = (now() - start) * 1e3;
        rf_arena_free(arena);
    }
    const char *name = l->p->name.text;
    print_row(name, "ringfence", p, ours, count, bare, median(gen, TIMES), median(prove, TIMES));
    for (int optimise = 0; optimise < 2; optimise++) {
        double start = now();
        uint32_t n = rf_second_opinion_build(p, optimise, theirs, RF_FILTER_MAX, &left_out);
        double took = (now() - start) * 1e3;
        const char *by = optimise ? "libseccomp, optimised" : "libseccomp";
        char text[64];
        snprintf(text, sizeof text, left_out ? "%s, without %u calls" : "%s", by, left_out);
        if (n)
            print_row(name, text, p, theirs, n, bare, took, -1);
        else
            printf("| %s | %s | none in 5 s | | | | | | | | | |\n", name, text);
        fflush(stdout);
    }
}

int main(int argc, char **argv) {
    const char *include[8];
    size_t includes = 0;
    struct costs bare;
    int at = 1;
    for (; at + 1 < argc && strcmp(argv[at], "-I") == 0 && includes < 8; at += 2) include[includes++] = argv[at + 1];
    if (at >= argc) {
        fputs("usage: filters [-I DIR] POLICY...\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!costs_of(NULL, 0, SYS_personality, UNUSED, &bare)) return 1;
    puts("| policy | by | instructions | executed, mean | worst | allowed outright, by the bitmap | seccomp(2), us | a "
         "call "
         "more: allowed, ns | tested, ns | refused, ns | made in, ms | proven in, ms |\n"
         "|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (; at < argc; at++) {
        struct rf_arena *arena = rf_arena_new();
        struct diags diags;
        rf_diags_init(&diags, arena);
        struct compile_context c = {.arena = arena, .diags = &diags, .include = include, .include_count = includes};
        measure(&c, argv[at], &bare);
        rf_arena_free(arena);
    }
    return 0;
}
