/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings about filters that are well-formed and still not what people mean. */
#include "check.h"
#include "lower.h"

#include <linux/seccomp.h>
#include <string.h>

#define ANSWERS_MAX 64u

/* What a call can get on one ABI. */
struct reach {
    bool here;                                  /* the ABI has it at the policy's kernel */
    bool let_through, refused, eperm;           /* for some arguments */
    const struct rule_origin *allowed, *failed; /* lines that do it, if rules do */
};

static struct reach reach_of(struct lower *l, const struct lowered_filter *filter, const struct rf_seccomp *abi,
                             const char *name) {
    struct rf_answer answers[ANSWERS_MAX];
    bool complete;
    struct reach reach = {0};
    const struct rf_syscall *call = rf_syscall_find(name, strlen(name));
    if (!call || call->number[abi->machine] < 0 || call->since > abi->kernel) return reach;
    reach.here = true;
    size_t n = rf_bpf_answers(l->c->arena, filter->insns, abi->machine, (uint32_t)call->number[abi->machine], NULL,
                              answers, ANSWERS_MAX, &complete);
    for (size_t i = 0; i < n; i++) {
        const struct rf_rule *rule = rf_policy_decider(abi, &answers[i].witness);
        uint32_t action = answers[i].says & SECCOMP_RET_ACTION_FULL;
        bool through = action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
        reach.let_through = reach.let_through || through;
        reach.refused = reach.refused || !through;
        if (through && rule) reach.allowed = rule->origin;
        if (action != SECCOMP_RET_ERRNO || (answers[i].says & SECCOMP_RET_DATA) != rf_errno_find("EPERM", 5)) continue;
        reach.eperm = true;
        if (rule) reach.failed = rule->origin;
    }
    return reach;
}

/* A ring opens, connects and sends: a restriction of any of these is one that it gets round. */
static void check_ring(struct lower *l, const struct lowered_filter *filter) {
    static const char *const carried[] = {"openat",  "openat2", "socket",   "connect",   "bind",
                                          "accept4", "sendmsg", "unlinkat", "renameat2", "mkdirat"};
    struct reach ring = reach_of(l, filter, &filter->policy, "io_uring_enter");
    struct reach setup = reach_of(l, filter, &filter->policy, "io_uring_setup");
    if (!ring.let_through || !setup.let_through) return;
    for (size_t i = 0; i < sizeof carried / sizeof *carried; i++) {
        struct reach call = reach_of(l, filter, &filter->policy, carried[i]);
        if (!call.here || !call.refused) continue;
        struct diag *d =
            rf_diag(l->c->diags, D_UNSEEN_RING, setup.allowed ? setup.allowed->at : l->p->seccomp_default.at,
                    "io_uring is allowed, and '%s' is not, or not always", carried[i]);
        rf_diag_help(l->c->diags, d, "a ring carries out such calls unseen: leave out \"@io-uring\"");
        return;
    }
}

static void check_clone(struct lower *l, const struct lowered_filter *filter) {
    struct reach clone = reach_of(l, filter, &filter->policy, "clone"),
                 clone3 = reach_of(l, filter, &filter->policy, "clone3");
    if (!clone.refused || !clone3.let_through || !clone3.allowed) return;
    struct diag *d =
        rf_diag(l->c->diags, D_UNSEEN_CLONE, clone3.allowed->at, "clone3 is allowed, and clone is not, or not always");
    rf_diag_help(l->c->diags, d,
                 "write errno: {ENOSYS: [clone3]}: C libraries then use clone, whose flags can be seen");
}

struct fallback {
    const char *call, *older;
};
static const struct fallback fallbacks[] = {
#define FALLBACK(call, older) {call, older},
#include "tables/names.def"
};

/* By the default, if this file states it, in one warning for all; by a line of its own at that line. */
static void check_fallbacks(struct lower *l, const struct lowered_filter *filter, const struct rf_seccomp *abi) {
    const char *by_default = NULL;
    for (size_t i = 0; i < sizeof fallbacks / sizeof *fallbacks; i++) {
        struct reach call = reach_of(l, filter, abi, fallbacks[i].call),
                     older = reach_of(l, filter, abi, fallbacks[i].older);
        if (!call.eperm || call.let_through || !older.let_through) continue;
        if (!call.failed)
            by_default = rf_arena_printf(l->c->arena, "%s%s%s", by_default ? by_default : "", by_default ? ", " : "",
                                         fallbacks[i].call);
        else if (call.failed->judged)
            rf_diag_help(l->c->diags,
                         rf_diag(l->c->diags, D_NO_FALLBACK, call.failed->at,
                                 "'%s' fails with EPERM, and '%s' is allowed", fallbacks[i].call, fallbacks[i].older),
                         "with ENOSYS a C library goes back to '%s'", fallbacks[i].older);
    }
    if (!by_default || l->p->seccomp_default.origin != l->file) return;
    struct diag *d = rf_diag(l->c->diags, D_NO_FALLBACK, l->p->seccomp_default.at,
                             "this is also what newer forms of allowed calls get on %s: %s",
                             rf_machine_info[abi->machine].name, by_default);
    rf_diag_help(l->c->diags, d, "write errno: {ENOSYS: [%s]}, or allow them: C libraries then find their way",
                 by_default);
}

void rf_check_habits(struct lower *l) {
    size_t before = l->c->diags->count;
    /* what is said of one filter, or of one ABI's fallbacks, would be said of the next in the same words */
    for (size_t f = 0; f < l->filter_count && l->c->diags->count == before; f++) {
        check_ring(l, &l->filters[f]);
        check_clone(l, &l->filters[f]);
        for (const struct rf_seccomp *abi = &l->filters[f].policy; abi && l->c->diags->count == before;
             abi = abi->compat)
            check_fallbacks(l, &l->filters[f], abi);
    }
}
