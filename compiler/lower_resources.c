/* SPDX-License-Identifier: Apache-2.0 */
/* Limits, for cgroup v2 and v1 both: the enforcer takes what its host has. */
#include "lower.h"

#include <inttypes.h>

#define PERIOD_US 100000

struct limits {
    struct lower *l;
    struct rf_limit *list;
    size_t count;
    struct span at;
    uint32_t flags;
    const char *parameter; /* stands for the number of what is added */
};

static void add(struct limits *m, uint32_t controller, uint32_t version, const char *file, const char *text,
                uint32_t compare, uint64_t value) {
    if (m->parameter) {
        rf_lower_fill_number(m->l, RF_LIMITS, m->count, m->parameter);
        text = "";
    }
    struct rf_limit limit = {
        rf_lower_string(m->l, file),        rf_lower_string(m->l, text), controller, version, compare, m->flags,
        compare == RF_CMP_PAGES ? value : 0};
    rf_lower_note(m->l, RF_LIMITS, (uint32_t)m->count, m->at);
    RF_PUSH(m->l->c->arena, m->list, m->count, limit);
}

static const char *number(struct lower *l, uint64_t value, const char *unlimited) {
    return value == RF_UNLIMITED ? unlimited : rf_arena_printf(l->c->arena, "%" PRIu64, value);
}

static void lower_memory(struct limits *m) {
    struct lower *l = m->l;
    const struct value *max = &l->p->memory_max, *swap = &l->p->memory_swap_max;
    if (max->set) {
        m->at = max->at;
        m->parameter = max->parameter;
        add(m, RF_CTL_MEMORY, 2, "memory.max", number(l, max->num, "max"), RF_CMP_PAGES, max->num);
        add(m, RF_CTL_MEMORY, 1, "memory.limit_in_bytes", number(l, max->num, "-1"), RF_CMP_PAGES, max->num);
        m->parameter = NULL;
    }
    if (!swap->set) return;
    m->at = swap->at;
    m->flags = RF_LIMIT_IF_SWAP;
    /* v1 limits memory and swap together, and check.c saw to it that memory.max is there, and that at most one of the
     * two is a parameter (whose own number is 0): to that the launch adds the other. */
    uint64_t sum = swap->num == RF_UNLIMITED || max->num == RF_UNLIMITED ? RF_UNLIMITED : max->num + swap->num;
    m->parameter = swap->parameter;
    add(m, RF_CTL_MEMORY, 2, "memory.swap.max", number(l, swap->num, "max"), RF_CMP_PAGES, swap->num);
    if (!m->parameter && sum != RF_UNLIMITED) m->parameter = max->parameter;
    add(m, RF_CTL_MEMORY, 1, "memory.memsw.limit_in_bytes", number(l, sum, "-1"), RF_CMP_PAGES, sum);
    m->parameter = NULL;
    m->flags = 0;
}

static void lower_cpu(struct limits *m) {
    struct lower *l = m->l;
    const struct value *max = &l->p->cpu_max, *weight = &l->p->cpu_weight;
    if (max->set) {
        m->at = max->at;
        add(m, RF_CTL_CPU, 2, "cpu.max", rf_arena_printf(l->c->arena, "%s %d", number(l, max->num, "max"), PERIOD_US),
            RF_CMP_EXACT, 0);
        add(m, RF_CTL_CPU, 1, "cpu.cfs_period_us", rf_arena_printf(l->c->arena, "%d", PERIOD_US), RF_CMP_EXACT, 0);
        add(m, RF_CTL_CPU, 1, "cpu.cfs_quota_us", number(l, max->num, "-1"), RF_CMP_EXACT, 0);
    }
    if (!weight->set) return;
    m->at = weight->at;
    m->flags = rf_lower_is_optional(l, "resources.cpu.weight") ? RF_LIMIT_OPTIONAL : 0;
    add(m, RF_CTL_CPU, 2, "cpu.weight", number(l, weight->num, ""), RF_CMP_EXACT, 0);
    /* The kernel's own relation: weight 100 is 1024 shares (kernel/sched/core.c); the least is 2. */
    uint64_t shares = weight->num * 1024 / 100;
    add(m, RF_CTL_CPU, 1, "cpu.shares", number(l, shares < 2 ? 2 : shares, ""), RF_CMP_EXACT, 0);
    m->flags = 0;
}

static uint64_t rate(const struct value *v) {
    return v->set ? v->num : RF_UNLIMITED;
}

static void lower_io(struct lower *l) {
    size_t n;
    const struct item **io = rf_lower_sorted(l, &l->p->io, &n);
    struct rf_io *out = RF_LOWER_RECORDS(l, IO, struct rf_io, n);
    for (size_t i = 0; i < n; i++) {
        const struct value *f = io[i]->fields;
        out[i] = (struct rf_io){rf_lower_text(l, &f[FIELD_io_device]), rate(&f[FIELD_io_rbps]), rate(&f[FIELD_io_wbps]),
                                rate(&f[FIELD_io_riops]), rate(&f[FIELD_io_wiops])};
        rf_lower_note(l, RF_IO, (uint32_t)i, io[i]->at);
    }
}

void rf_lower_resources(struct lower *l) {
    struct limits m = {.l = l};
    lower_memory(&m);
    lower_cpu(&m);
    if (l->p->pids_max.set) {
        m.at = l->p->pids_max.at;
        m.parameter = l->p->pids_max.parameter;
        const char *text = number(l, l->p->pids_max.num, "max");
        add(&m, RF_CTL_PIDS, 2, "pids.max", text, RF_CMP_EXACT, 0);
        add(&m, RF_CTL_PIDS, 1, "pids.max", text, RF_CMP_EXACT, 0);
    }
    l->plan.records[RF_LIMITS] = m.list;
    l->plan.count[RF_LIMITS] = (uint32_t)m.count;
    lower_io(l);
    if (!l->p->cgroup.set) return;
    RF_LOWER_RECORDS(l, CGROUP, struct rf_cgroup, 1)->name = rf_lower_text(l, &l->p->cgroup);
    RF_LOWER_NOTE_FIELD(l, CGROUP, struct rf_cgroup, name, &l->p->cgroup);
}
