/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes that the kernel keeps across execve: each is set, then asked for again. */
#include "confine.h"
#include "line.h"
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/prctl.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif

/* The two calls of a kind.  The value stands at `place` of the first one's arguments. */
struct attribute {
    uint8_t set, get;
    int8_t set_first, get_first, second;
    uint8_t place;
};
#define SPECULATION(which)                                                                                             \
    { __NR_prctl, __NR_prctl, PR_SET_SPECULATION_CTRL, PR_GET_SPECULATION_CTRL, which, 2 }
static const struct attribute attributes[] = {
    [RF_TUNING_NICE] = {__NR_setpriority, __NR_getpriority, 0, 0, 0, 2},
    [RF_TUNING_IO_PRIORITY] = {__NR_ioprio_set, __NR_ioprio_get, IOPRIO_WHO_PROCESS, IOPRIO_WHO_PROCESS, 0, 2},
    [RF_TUNING_SCHEDULER] = {__NR_sched_setscheduler, __NR_sched_getscheduler, 0, 0, 0, 1},
    [RF_TUNING_PERSONALITY] = {__NR_personality, __NR_personality, 0, -1, 0, 0},
    [RF_TUNING_TIMER_SLACK] = {__NR_prctl, __NR_prctl, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, 0, 1},
    [RF_TUNING_MDWE] = {__NR_prctl, __NR_prctl, PR_SET_MDWE, PR_GET_MDWE, 0, 1},
    [RF_TUNING_STORE_BYPASS] = SPECULATION(PR_SPEC_STORE_BYPASS),
    [RF_TUNING_INDIRECT_BRANCH] = SPECULATION(PR_SPEC_INDIRECT_BRANCH),
    [RF_TUNING_L1D_FLUSH] = SPECULATION(PR_SPEC_L1D_FLUSH),
};

const char rf_confine_tuning_names[] =
    "affinity\0nice\0io_priority\0scheduler\0personality\0timer_slack\0"
    "memory_deny_write_execute\0speculation.store_bypass\0speculation.indirect_branch\0"
    "speculation.l1d_flush\0numa\0securebits\0keep_ignored\0";

int64_t rf_confine_tuned(const struct rf_launch *launch, uint32_t kind) {
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_TUNING); i++) {
        const struct rf_tuning *t = RF_RECORD(&launch->view, TUNING, struct rf_tuning, i);
        if (t->kind == kind) return t->value;
    }
    return 0;
}

/* What a setting comes to: KEPT, NOT_KEPT, or a negative errno. */
enum { NOT_KEPT, KEPT };

static void want_kept(int result, uint32_t kind, struct rf_where where) {
    const char *hint = "";
    if (result == KEPT) return;
    if (kind == 0 || kind == RF_TUNING_NUMA) hint = "; not all of it is there and in the cpuset";
    if (kind - 1 < RF_TUNING_SCHEDULER) hint = "; it may take CAP_SYS_NICE";
    rf_fail(where, result, "cannot set process.%s%s", rf_chars_nth(rf_confine_tuning_names, kind), hint);
}

static uint64_t there[128]; /* for as many processors as a kernel can be built for */
#define NODES_MAX 1024

/* The kernel takes what there is of a set, and says nothing of the rest. */
static int is_there(const struct rf_launch *launch, enum rf_section_type type, uint32_t words) {
    const struct rf_bits *wanted = launch->view.records[type];
    for (uint32_t i = 0; i < words; i++)
        if (there[i] != (i < launch->view.count[type] ? wanted[i].bits : 0)) return NOT_KEPT;
    return KEPT;
}

static int set_affinity(const struct rf_launch *launch) {
    const size_t size = launch->view.count[RF_CPUS] * sizeof(struct rf_bits);
    const void *wanted = launch->view.records[RF_CPUS];
    int error = SYS3(sched_setaffinity, 0, size, wanted);
    if (error >= 0) error = SYS3(sched_getaffinity, 0, sizeof there, there);
    return error < 0 ? error : is_there(launch, RF_CPUS, sizeof there / 8);
}

static int set_memory_policy(const struct rf_launch *launch, int mode) {
    int got = mode;
    const size_t most = launch->view.count[RF_NODES] * 64 + 1;
    const void *wanted = launch->view.records[RF_NODES];
    int error = SYS3(set_mempolicy, mode, wanted, most);
    if (error >= 0) error = SYS5(get_mempolicy, &got, there, NODES_MAX + 1, 0, 0);
    /* Before Linux 5.14 "local" is "preferred" without a node. */
    if (got != mode && (mode != MPOL_LOCAL || got != MPOL_PREFERRED)) return NOT_KEPT;
    return error < 0 ? error : is_there(launch, RF_NODES, NODES_MAX / 64);
}

static int call(uint8_t number, const long arguments[3]) {
    return (int)sys_5(number, arguments[0], arguments[1], arguments[2], 0, 0);
}

static int set(const struct rf_tuning *t) {
    const struct attribute *a = &attributes[t->kind];
    int wanted = (int)t->value;
    uint32_t priority = 0;
    long set[3] = {a->set_first, a->second, 0}, get[3] = {a->get_first, a->second, 0};
    set[a->place] = wanted;
    if (t->kind == RF_TUNING_SCHEDULER) set[2] = (long)(uintptr_t)&t->priority; /* struct sched_param */
    if (t->kind == RF_TUNING_NICE) wanted = 20 - wanted;                        /* so that none is taken for an errno */
    int error = call(a->set, set), got = call(a->get, get);
    if (t->kind >= RF_TUNING_STORE_BYPASS) {
        enum { NOT_AFFECTED = 0, OFF = PR_SPEC_DISABLE, OFF_FOR_GOOD = PR_SPEC_PRCTL | PR_SPEC_FORCE_DISABLE };
        wanted |= PR_SPEC_PRCTL;
        /* Off may also mean: this processor need not be told, it is so for all, or it already was, for good. */
        if (wanted > OFF && (got == NOT_AFFECTED || got == OFF || got == OFF_FOR_GOOD)) return KEPT;
    }
    if (t->kind == RF_TUNING_SCHEDULER && error >= 0) error = SYS2(sched_getparam, 0, &priority);
    if (error < 0) return error;
    return got == wanted && priority == t->priority ? KEPT : NOT_KEPT;
}

void rf_confine_tuning(struct rf_launch *launch) {
    if (launch->view.count[RF_CPUS]) want_kept(set_affinity(launch), 0, RF_AT(TUNING, CPUS, 0));
    for (uint32_t i = 0; i < launch->view.count[RF_TUNING]; i++) {
        const struct rf_tuning *t = RF_RECORD(&launch->view, TUNING, struct rf_tuning, i);
        if (t->kind > RF_TUNING_NUMA) break; /* the others belong to later steps */
        want_kept(t->kind == RF_TUNING_NUMA ? set_memory_policy(launch, (int)t->value) : set(t), t->kind,
                  RF_AT(TUNING, TUNING, i));
    }
}
