/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same rules through libseccomp. They
 * are brought into its form first: for each action the conditions under which no stricter one holds, as alternatives
 * of comparisons that all hold. It compares 64 bits without sign, and that is left as it is: it is an opinion.
 */
#define _GNU_SOURCE
#include "second_opinion.h"
#include "filters.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S          5u
#define ALTERNATIVES_MAX 256u

struct form {
    struct scmp_arg_cmp all[ALTERNATIVES_MAX][6];
    unsigned length[ALTERNATIVES_MAX];
    unsigned count;
    bool fits; /* false: libseccomp has no way to say it */
};

static void one(struct form *f, unsigned argument, enum scmp_compare op, uint64_t a, uint64_t b) {
    f->all[0][0] = (struct scmp_arg_cmp){argument, op, a, b};
    f->length[0] = 1;
    f->count = 1;
}

static void add(struct form *f, unsigned argument, enum scmp_compare op, uint64_t a, uint64_t b) {
    if (f->count == ALTERNATIVES_MAX) {
        f->fits = false;
        return;
    }
    f->all[f->count][0] = (struct scmp_arg_cmp){argument, op, a, b};
    f->length[f->count++] = 1;
}

/* Any bit of `mask` set (or, with `differ`, other than in value): one alternative a bit. */
static void any_bit(struct form *f, unsigned argument, uint64_t mask, uint64_t value) {
    f->count = 0;
    for (unsigned bit = 0; bit < 64; bit++)
        if (mask >> bit & 1) add(f, argument, SCMP_CMP_MASKED_EQ, UINT64_C(1) << bit, ~value & (UINT64_C(1) << bit));
}

static uint64_t ones(unsigned width) {
    return width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
}

/* One test, negated or not. */
static void leaf(struct form *f, const struct rf_cond *c, bool negated) {
    unsigned a = c->argument;
    bool ordered = c->kind >= RF_COND_LT && c->kind <= RF_COND_RANGE;
    f->fits = !(ordered && c->is_signed);
    switch (c->kind) {
    case RF_COND_EQ:
    case RF_COND_NE:
        if ((c->kind == RF_COND_EQ) != negated)
            one(f, a, SCMP_CMP_MASKED_EQ, ones(c->width), c->value);
        else
            any_bit(f, a, ones(c->width), c->value);
        return;
    case RF_COND_LT: one(f, a, negated ? SCMP_CMP_GE : SCMP_CMP_LT, c->value, 0); return;
    case RF_COND_LE: one(f, a, negated ? SCMP_CMP_GT : SCMP_CMP_LE, c->value, 0); return;
    case RF_COND_GT: one(f, a, negated ? SCMP_CMP_LE : SCMP_CMP_GT, c->value, 0); return;
    case RF_COND_GE: one(f, a, negated ? SCMP_CMP_LT : SCMP_CMP_GE, c->value, 0); return;
    case RF_COND_RANGE:
        one(f, a, negated ? SCMP_CMP_LT : SCMP_CMP_GE, c->value, 0);
        if (negated)
            add(f, a, SCMP_CMP_GT, c->high, 0);
        else
            f->fits = false; /* two comparisons of one argument in a rule: it refuses them */
        return;
    case RF_COND_BITS:
        if (negated)
            one(f, a, SCMP_CMP_MASKED_EQ, c->mask, 0);
        else
            any_bit(f, a, c->mask, 0);
        return;
    default:
        if ((c->kind == RF_COND_BITS_EQ) != negated)
            one(f, a, SCMP_CMP_MASKED_EQ, c->mask, c->value);
        else
            any_bit(f, a, c->mask, c->value);
    }
}

/* Both forms at once: every alternative of one with every one of the other. */
static void both(struct form *into, const struct form *x, const struct form *y) {
    into->count = 0;
    into->fits = x->fits && y->fits && x->count * y->count <= ALTERNATIVES_MAX;
    for (unsigned i = 0; i < x->count && into->fits; i++)
        for (unsigned j = 0; j < y->count && into->fits; j++) {
            unsigned n = x->length[i];
            memcpy(into->all[into->count], x->all[i], n * sizeof x->all[i][0]);
            for (unsigned k = 0; k < y->length[j]; k++) {
                for (unsigned m = 0; m < n; m++)
                    into->fits = into->fits && into->all[into->count][m].arg != y->all[j][k].arg;
                if (n == 6) into->fits = false;
                if (into->fits) into->all[into->count][n++] = y->all[j][k];
            }
            into->length[into->count++] = n;
        }
}

static void either(struct form *into, const struct form *x, const struct form *y) {
    *into = *x;
    into->fits = x->fits && y->fits && x->count + y->count <= ALTERNATIVES_MAX;
    for (unsigned j = 0; j < y->count && into->fits; j++) {
        memcpy(into->all[into->count], y->all[j], sizeof y->all[j]);
        into->length[into->count++] = y->length[j];
    }
}

static void form_of(struct rf_arena *arena, struct form *f, const struct rf_cond *c, bool negated) {
    if (c->kind == RF_COND_NOT) {
        form_of(arena, f, c->left, !negated);
    } else if (c->kind == RF_COND_AND || c->kind == RF_COND_OR) {
        struct form *left = RF_NEW(arena, struct form), *right = RF_NEW(arena, struct form);
        form_of(arena, left, c->left, negated);
        form_of(arena, right, c->right, negated);
        ((c->kind == RF_COND_AND) != negated ? both : either)(f, left, right);
    } else {
        leaf(f, c, negated);
    }
}

static uint32_t action_of(struct rf_action a) {
    switch (a.kind) {
    case RF_ACT_ALLOW: return SCMP_ACT_ALLOW;
    case RF_ACT_LOG: return SCMP_ACT_LOG;
    case RF_ACT_NOTIFY: return SCMP_ACT_NOTIFY;
    case RF_ACT_ERRNO: return SCMP_ACT_ERRNO(a.error);
    default: return SCMP_ACT_KILL_PROCESS;
    }
}

/* When the rule decides: its condition, and none of a stricter rule. False: libseccomp has no form for it. */
static bool add_rule(struct rf_arena *arena, scmp_filter_ctx ctx, int number, const struct rf_call_rules *call,
                     size_t which, struct rf_action fallback) {
    const struct rf_rule *rule = &call->rules[which];
    struct form *f = RF_NEW(arena, struct form), *more = RF_NEW(arena, struct form), *next = RF_NEW(arena, struct form);
    f->fits = true;
    f->count = 1;
    if (rule->when) form_of(arena, f, rule->when, false);
    for (size_t i = 0; i < call->count; i++) {
        const struct rf_rule *other = &call->rules[i];
        if (other->action.kind <= rule->action.kind) continue;
        if (!other->when) return true; /* always decided otherwise */
        form_of(arena, more, other->when, true);
        both(next, f, more);
        *f = *next;
    }
    uint32_t action = action_of(rule->action);
    if (!f->fits) return false;
    if (action == action_of(fallback)) return true; /* it has no rules that say the default */
    for (unsigned i = 0; i < f->count; i++)
        if (seccomp_rule_add_exact_array(ctx, action, number, f->length[i], f->all[i]) != 0) return false;
    return true;
}

struct opinion { /* shared with the child */
    uint32_t count, left_out;
    struct rf_insn insns[RF_FILTER_MAX];
    uint32_t left[512]; /* numbers of calls that it cannot express */
};

static uint32_t scmp_arch(enum rf_machine machine) {
    return machine == RF_X86_64 ? SCMP_ARCH_X86_64 : machine == RF_AARCH64 ? SCMP_ARCH_AARCH64 : SCMP_ARCH_RISCV64;
}

_Noreturn static void build(const struct rf_seccomp *policy, bool optimise, struct opinion *out) {
    alarm(LIMIT_S);
    struct rf_arena *arena = rf_arena_new();
    scmp_filter_ctx ctx = seccomp_init(action_of(policy->fallback));
    uint32_t arch = scmp_arch(policy->machine);
    if (!ctx || seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, optimise ? 2 : 1) != 0) _exit(1);
    if (seccomp_arch_exist(ctx, arch) != 0) seccomp_arch_add(ctx, arch);
    if (arch != seccomp_arch_native()) seccomp_arch_remove(ctx, seccomp_arch_native());
    for (size_t i = 0; i < policy->count; i++) {
        const struct rf_call_rules *call = &policy->calls[i];
        const struct rf_syscall *entry = rf_syscall_by_number(policy->machine, call->number);
        int number = entry ? seccomp_syscall_resolve_name(entry->name) : __NR_SCMP_ERROR; /* of this machine */
        bool good = number != __NR_SCMP_ERROR;
        for (size_t r = 0; r < call->count && good; r++) good = add_rule(arena, ctx, number, call, r, policy->fallback);
        if (!good && out->left_out < 512) out->left[out->left_out++] = call->number;
    }
    int fd = memfd_create("opinion", MFD_CLOEXEC);
    if (fd < 0 || seccomp_export_bpf(ctx, fd) != 0) _exit(1);
    ssize_t n = pread(fd, out->insns, sizeof out->insns, 0);
    out->count = n > 0 ? (uint32_t)((size_t)n / sizeof out->insns[0]) : 0;
    _exit(0);
}

static void values_of(const struct rf_cond *c, uint64_t *values, size_t *count, size_t most) {
    if (c->left) values_of(c->left, values, count, most);
    if (c->right) values_of(c->right, values, count, most);
    const uint64_t seeds[] = {c->value, c->high, c->mask, c->value ^ c->mask};
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds && !c->left; i++)
        for (uint64_t k = seeds[i] - 1; k != seeds[i] + 2 && *count + 1 < most; k++) {
            values[(*count)++] = k;
            values[(*count)++] = k + (UINT64_C(1) << 32);
        }
}

struct tally {
    size_t agree, differ, shown;
};

static void compare(struct compile_context *c, const struct rf_seccomp *policy, const struct rf_insn *insns,
                    size_t count, const struct opinion *theirs, const struct rf_seccomp_data *data, struct tally *t) {
    char a[32], b[32];
    uint32_t ours = rf_bpf_run(insns, count, data, NULL), other = rf_bpf_run(theirs->insns, theirs->count, data, NULL);
    if (ours == other) {
        t->agree++;
        return;
    }
    if (t->differ++ && t->shown >= 5) return;
    t->shown++;
    printf("  differs: %s: %s, libseccomp %s\n", rf_filters_call(c, policy->machine, data),
           rf_action_words(ours, a, sizeof a), rf_action_words(other, b, sizeof b));
}

static bool left_out(const struct opinion *o, uint32_t number) {
    for (uint32_t i = 0; i < o->left_out; i++)
        if (o->left[i] == number) return true;
    return false;
}

/* Every number that the policy's kernel has; for calls with conditions each argument at each value near a constant. */
static void compare_all(struct compile_context *c, const struct rf_seccomp *policy, const struct rf_insn *insns,
                        size_t count, const struct opinion *theirs, struct tally *t) {
    enum { MOST = 4096 };
    uint64_t *values = rf_arena_alloc(c->arena, MOST * sizeof *values);
    for (size_t s = 0; s < rf_syscall_count; s++) {
        int32_t number = rf_syscalls[s].number[policy->machine];
        if (number < 0 || rf_syscalls[s].since > policy->kernel || left_out(theirs, (uint32_t)number)) continue;
        struct rf_seccomp_data data = {.arch = rf_machine_info[policy->machine].audit_arch, .number = (uint32_t)number};
        size_t n = 0;
        values[n++] = 0;
        values[n++] = UINT64_MAX;
        for (size_t i = 0; i < policy->count; i++)
            for (size_t r = 0; policy->calls[i].number == data.number && r < policy->calls[i].count; r++)
                if (policy->calls[i].rules[r].when) values_of(policy->calls[i].rules[r].when, values, &n, MOST);
        for (unsigned a = 0; a < 6; a++)
            for (size_t v = 0; v < n; v++) {
                memset(data.args, 0, sizeof data.args);
                data.args[a] = values[v];
                compare(c, policy, insns, count, theirs, &data, t);
            }
    }
}

/* Waits for a child that builds; whether it was late. */
static bool ask(const struct rf_seccomp *policy, bool optimise, struct opinion *theirs) {
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) build(policy, optimise, theirs);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (child < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) theirs->count = 0;
    return child > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
}

static struct opinion *new_opinion(void) {
    struct opinion *o = mmap(NULL, sizeof *o, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return o == MAP_FAILED ? NULL : o;
}

uint32_t rf_second_opinion_build(const struct rf_seccomp *policy, bool optimise, struct rf_insn *out, uint32_t most,
                                 uint32_t *left_out) {
    struct opinion *theirs = new_opinion();
    *left_out = 0;
    if (!theirs) return 0;
    ask(policy, optimise, theirs);
    uint32_t count = theirs->count <= most ? theirs->count : 0;
    memcpy(out, theirs->insns, count * sizeof *out);
    *left_out = theirs->left_out;
    munmap(theirs, sizeof *theirs);
    return count;
}

void rf_second_opinion(struct compile_context *c, const struct rf_seccomp *policy, const struct rf_insn *insns,
                       size_t count) {
    struct opinion *theirs = new_opinion();
    if (!theirs) return;
    bool late = ask(policy, false, theirs);
    const char *name = rf_machine_info[policy->machine].name;
    struct tally t = {0};
    if (!theirs->count) {
        printf("second opinion, %s: libseccomp %s\n", name,
               late ? "did not finish within 5 seconds" : "made no filter of these rules");
    } else {
        compare_all(c, policy, insns, count, theirs, &t);
        printf("second opinion, %s: libseccomp's filter has %" PRIu32
               " instructions; of %zu inputs %zu agree, %zu differ\n",
               name, theirs->count, t.agree + t.differ, t.agree, t.differ);
        if (theirs->left_out)
            printf("  calls with rules that it has no form for, or does not know, were left out: %" PRIu32 "\n",
                   theirs->left_out);
        if (policy->compat) puts("  the further ABIs of `compat` were not asked about");
    }
    munmap(theirs, sizeof *theirs);
}
