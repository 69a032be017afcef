/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about rules rather than about filters: by the same regions and the same reading as the proof. */
#include "prove.h"

/* Calls of an ABI whose arguments are all that matters: any number does. */
static void start(struct rf_arena *arena, struct rf_worklist *work, enum rf_machine abi) {
    struct rf_region region;
    *work = (struct rf_worklist){.arena = arena};
    rf_region_call(&region, abi, 0);
    rf_worklist_push(work, &region);
}

bool rf_cond_possible(struct rf_arena *arena, enum rf_machine abi, const struct rf_cond *cond) {
    struct rf_worklist work;
    if (!cond) return true;
    start(arena, &work, abi);
    for (size_t cells = 0; work.count; cells++) {
        struct rf_region region = work.regions[--work.count];
        if (cells == RF_PROOF_CELLS_MAX || rf_policy_holds(&work, &region, cond)) return true;
    }
    return false;
}

bool rf_cond_total(struct rf_arena *arena, enum rf_machine abi, const struct rf_cond *cond) {
    if (!cond) return true;
    const struct rf_cond inverse = {.kind = RF_COND_NOT, .left = cond};
    return !rf_cond_possible(arena, abi, &inverse);
}

static bool comes_first(const struct rf_call_rules *call, size_t a, size_t b) {
    struct rf_action x = call->rules[a].action, y = call->rules[b].action;
    if (x.kind != y.kind) return x.kind > y.kind;
    return x.error == y.error && a < b;
}

bool rf_rule_decides(struct rf_arena *arena, enum rf_machine abi, const struct rf_call_rules *call, size_t which,
                     size_t *other) {
    struct rf_worklist work;
    start(arena, &work, abi);
    *other = which;
    for (size_t cells = 0; work.count; cells++) {
        struct rf_region region = work.regions[--work.count];
        const struct rf_cond *when = call->rules[which].when;
        if (cells == RF_PROOF_CELLS_MAX) return true;
        if (when && !rf_policy_holds(&work, &region, when)) continue;
        bool covered = false;
        for (size_t i = 0; i < call->count && !covered; i++) {
            if (i == which || !comes_first(call, i, which)) continue;
            covered = !call->rules[i].when || rf_policy_holds(&work, &region, call->rules[i].when);
            if (covered) *other = i;
        }
        if (!covered) return true;
    }
    return false;
}
