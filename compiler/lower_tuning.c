/* SPDX-License-Identifier: Apache-2.0 */
/* Process attributes, domain name, sysctls. */
#include "lower.h"

#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <string.h>

struct tuning {
    struct lower *l;
    struct rf_tuning records[RF_TUNING_END];
    size_t count;
};

/* Kinds come in ascending order. */
static void add(struct tuning *t, enum rf_tuning_kind kind, int64_t value, struct span at) {
    rf_lower_note(t->l, RF_TUNING, (uint32_t)t->count, at);
    t->records[t->count++] = (struct rf_tuning){.kind = kind, .value = value};
}

static void lower_scheduling(struct tuning *t, const struct policy *p) {
    /* in the order of the words in keys.def */
    static const int64_t classes[] = {IOPRIO_CLASS_IDLE, IOPRIO_CLASS_BE, IOPRIO_CLASS_RT};
    static const int64_t schedulers[] = {SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE, SCHED_FIFO, SCHED_RR};
    const struct value *io = &p->process_io_priority, *scheduler = &p->process_scheduler;
    if (p->process_nice.set) add(t, RF_TUNING_NICE, p->process_nice.snum, p->process_nice.at);
    if (io->set) add(t, RF_TUNING_IO_PRIORITY, classes[io->num] << IOPRIO_CLASS_SHIFT | io->snum, io->at);
    if (scheduler->set) {
        add(t, RF_TUNING_SCHEDULER, schedulers[scheduler->num], scheduler->at);
        t->records[t->count - 1].priority = (uint32_t)scheduler->snum;
    }
}

static void lower_memory(struct tuning *t, const struct policy *p) {
    if (!p->process_memory_deny_write_execute.num) return;
    add(t, RF_TUNING_MDWE, 1, p->process_memory_deny_write_execute.at);
    t->l->plan.required |= RF_REQUIRE_MDWE;
}

static void lower_speculation(struct tuning *t, const struct policy *p) {
    static const int64_t off[] = {PR_SPEC_DISABLE, PR_SPEC_FORCE_DISABLE};
    const struct value *store = &p->speculation_store_bypass, *branch = &p->speculation_indirect_branch;
    if (store->set) add(t, RF_TUNING_STORE_BYPASS, off[store->num], store->at);
    if (branch->set) add(t, RF_TUNING_INDIRECT_BRANCH, off[branch->num], branch->at);
    if (p->speculation_l1d_flush.set) add(t, RF_TUNING_L1D_FLUSH, PR_SPEC_ENABLE, p->speculation_l1d_flush.at);
}

static void lower_ranges(struct lower *l, enum rf_section_type type, const struct value *v, struct span at) {
    if (!v->set) return;
    size_t words = (size_t)(v->items[v->count - 1].high / 64) + 1;
    struct rf_bits *out = rf_lower_records(l, type, words, sizeof *out);
    for (size_t i = 0; i < v->count; i++)
        for (uint64_t n = v->items[i].low; n <= v->items[i].high; n++) out[n / 64].bits |= UINT64_C(1) << n % 64;
    for (size_t i = 0; i < words; i++) rf_lower_note(l, type, (uint32_t)i, at);
}

static void lower_numa(struct tuning *t, const struct policy *p) {
    static const int64_t modes[] = {MPOL_LOCAL, MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE};
    if (!p->process_numa.set) return;
    const struct value *f = p->process_numa.items[0].fields;
    add(t, RF_TUNING_NUMA, modes[f[FIELD_numa_policy].num], p->process_numa.at);
    lower_ranges(t->l, RF_NODES, &f[FIELD_numa_nodes], f[FIELD_numa_nodes].at);
}

/* The members' numbers or-ed together: of signals as bit n - 1. */
static int64_t mask_of(const struct value *set, bool signals) {
    int64_t mask = 0;
    for (size_t i = 0; i < set->count; i++)
        if (!set->items[i].gone) mask |= signals ? INT64_C(1) << (set->items[i].num - 1) : (int64_t)set->items[i].num;
    return mask;
}

static void lower_sysctls(struct lower *l) {
    size_t n;
    const struct item **sysctls = rf_lower_sorted(l, &l->p->sysctls, &n);
    struct rf_sysctl *out = RF_LOWER_RECORDS(l, SYSCTLS, struct rf_sysctl, n);
    for (size_t i = 0; i < n; i++) {
        out[i].name = rf_lower_string(l, rf_arena_printf(l->c->arena, "/%s", sysctls[i]->name));
        out[i].value = rf_lower_string(l, sysctls[i]->text);
        rf_lower_note(l, RF_SYSCTLS, (uint32_t)i, sysctls[i]->at);
    }
}

void rf_lower_tuning(struct lower *l) {
    const struct policy *p = l->p;
    struct tuning t = {.l = l};
    lower_scheduling(&t, p);
    if (p->process_personality.set)
        add(&t, RF_TUNING_PERSONALITY, p->process_personality.num ? 8 /* PER_LINUX32 */ : 0, p->process_personality.at);
    if (p->process_timer_slack.set)
        add(&t, RF_TUNING_TIMER_SLACK, (int64_t)p->process_timer_slack.num, p->process_timer_slack.at);
    lower_memory(&t, p);
    lower_speculation(&t, p);
    lower_numa(&t, p);
    int64_t securebits = mask_of(&p->process_securebits, false), ignored = mask_of(&p->process_keep_ignored, true);
    if (securebits) add(&t, RF_TUNING_SECUREBITS, securebits, p->process_securebits.at);
    if (ignored) add(&t, RF_TUNING_KEEP_IGNORED, ignored, p->process_keep_ignored.at);
    struct rf_tuning *out = RF_LOWER_RECORDS(l, TUNING, struct rf_tuning, t.count);
    if (t.count) memcpy(out, t.records, t.count * sizeof *out);
    lower_ranges(l, RF_CPUS, &p->process_affinity, p->process_affinity.at);
    if (p->domainname.set) {
        RF_LOWER_RECORDS(l, DOMAINNAME, struct rf_domainname, 1)->text = rf_lower_text(l, &p->domainname);
        RF_LOWER_NOTE_FIELD(l, DOMAINNAME, struct rf_domainname, text, &p->domainname);
    }
    lower_sysctls(l);
}
