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

static const char names[] = "affinity\0nice\0io_priority\0scheduler\0personality\0timer_slack\0"
                            "memory_deny_write_execute\0speculation.store_bypass\0speculation.indirect_branch\0"
                            "speculation.l1d_flush\0numa\0securebits\0keep_ignored\0";

const char *rf_confine_tuning_name(uint32_t kind) {
    return rf_chars_nth(names, kind);
}

int64_t rf_confine_tuned(const struct rf_launch *launch, uint32_t kind) {
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_TUNING); i++) {
        const struct rf_tuning *t = RF_RECORD(&launch->view, TUNING, struct rf_tuning, i);
        if (t->kind == kind) return t->value;
    }
    return 0;
}

static uint64_t kept[128]; /* for as many processors as a kernel can be built for */
#define NODES_MAX 1024

/* The kernel takes what there is of a set, and says nothing of the rest. */
static void want_kept(const struct rf_launch *launch, enum rf_section_type type, uint32_t words, uint32_t kind,
                      int error) {
    const struct rf_bits *wanted = launch->view.records[type];
    bool same = error >= 0;
    for (uint32_t i = 0; i < words; i++) same &= kept[i] == (i < launch->view.count[type] ? wanted[i].bits : 0);
    if (!same)
        rf_fail(RF_WHERE(RF_STEP_TUNING, (uint32_t)type, 0), error < 0 ? error : 0,
                "process.%s: not all of it is there, online and in the cpuset", rf_confine_tuning_name(kind));
}

static void set_affinity(const struct rf_launch *launch) {
    int error = SYS3(sched_setaffinity, 0, launch->view.count[RF_CPUS] * 8, launch->view.records[RF_CPUS]);
    if (error >= 0) error = SYS3(sched_getaffinity, 0, sizeof kept, kept);
    want_kept(launch, RF_CPUS, sizeof kept / 8, 0, error);
}

static void set_memory_policy(const struct rf_launch *launch, int mode) {
    int got = mode;
    int error = SYS3(set_mempolicy, mode, launch->view.records[RF_NODES], launch->view.count[RF_NODES] * 64 + 1);
    if (error >= 0) error = SYS5(get_mempolicy, &got, kept, NODES_MAX + 1, 0, 0);
    /* Before Linux 5.14 "local" is "preferred" without a node. */
    if (got != mode && (mode != MPOL_LOCAL || got != MPOL_PREFERRED)) error = -EINVAL;
    want_kept(launch, RF_NODES, NODES_MAX / 64, RF_TUNING_NUMA, error);
}

static int call(uint8_t number, const long arguments[3]) {
    return (int)sys_5(number, arguments[0], arguments[1], arguments[2], 0, 0);
}

static void set(const struct rf_tuning *t, struct rf_where where) {
    const struct attribute *a = &attributes[t->kind];
    const char *name = rf_confine_tuning_name(t->kind);
    int priority = 0, wanted = (int)t->value;
    long set[3] = {a->set_first, a->second, 0}, get[3] = {a->get_first, a->second, 0};
    set[a->place] = wanted;
    if (t->kind == RF_TUNING_SCHEDULER) set[2] = (long)(uintptr_t)&t->priority; /* struct sched_param */
    if (t->kind == RF_TUNING_NICE) wanted = 20 - wanted;                        /* so that none is taken for an errno */
    int error = call(a->set, set), got = call(a->get, get);
    if (t->kind >= RF_TUNING_STORE_BYPASS) {
        enum { NOT_AFFECTED = 0, OFF = PR_SPEC_DISABLE, OFF_FOR_GOOD = PR_SPEC_PRCTL | PR_SPEC_FORCE_DISABLE };
        wanted |= PR_SPEC_PRCTL;
        /* Off may also mean: this processor need not be told, it is so for all, or it already was, for good. */
        if (wanted > OFF && (got == NOT_AFFECTED || got == OFF || got == OFF_FOR_GOOD)) return;
    }
    if (error < 0)
        rf_fail(where, error, "cannot set process.%s%s", name,
                t->kind <= RF_TUNING_SCHEDULER ? "; it may take CAP_SYS_NICE" : "");
    if (t->kind == RF_TUNING_SCHEDULER) error = SYS2(sched_getparam, 0, &priority);
    if (got != wanted || priority != (int)t->priority)
        rf_fail(where, error, "the kernel did not keep process.%s", name);
}

void rf_confine_tuning(struct rf_launch *launch) {
    if (launch->view.count[RF_CPUS]) set_affinity(launch);
    for (uint32_t i = 0; i < launch->view.count[RF_TUNING]; i++) {
        const struct rf_tuning *t = RF_RECORD(&launch->view, TUNING, struct rf_tuning, i);
        if (t->kind < RF_TUNING_NUMA)
            set(t, RF_AT(TUNING, TUNING, i));
        else if (t->kind == RF_TUNING_NUMA)
            set_memory_policy(launch, (int)t->value);
    }
}
