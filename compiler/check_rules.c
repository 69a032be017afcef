/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that say something else than was meant. What holds of a rule on every ABI that has its call, and for every call
 * that it names, is reported, once; where it differs between them, that is what the rule is there for.
 */
#include "check.h"
#include "lower.h"

#include <string.h>

struct verdict {
    const struct rule_origin *origin; /* of the first place where the rule was met */
    const struct rule_origin *other;  /* what covers it there */
    const char *call;
    size_t met, impossible, total, idle; /* times: at all, never true, always true, never decides */
    struct verdict *with;                /* the last one of a union that is everything: its first */
    size_t unions;
};

struct judging {
    struct lower *l;
    struct verdict *list;
    size_t count;
};

static struct verdict *verdict_of(struct judging *j, const struct rule_origin *origin, const char *call) {
    for (size_t i = 0; i < j->count; i++) {
        struct span a = j->list[i].origin->at, b = origin->at;
        if (a.source == b.source && a.line == b.line && a.column == b.column) return &j->list[i];
    }
    struct verdict fresh = {.origin = origin, .call = call};
    RF_PUSH(j->l->c->arena, j->list, j->count, fresh);
    return &j->list[j->count - 1];
}

static void judge_rule(struct judging *j, enum rf_machine abi, const struct rf_call_rules *call, size_t which) {
    struct rf_arena *arena = j->l->c->arena;
    const struct rf_rule *rule = &call->rules[which];
    const struct rule_origin *origin = rule->origin;
    size_t other;
    if (!origin || !origin->judged) return;
    struct verdict *v = verdict_of(j, origin, rf_syscall_by_number(abi, call->number)->name);
    v->met++;
    if (rule->when && !rf_cond_possible(arena, abi, rule->when)) {
        v->impossible++;
    } else if (rule->when && rf_cond_total(arena, abi, rule->when)) {
        v->total++;
    } else if (!rf_rule_decides(arena, abi, call, which, &other)) {
        v->idle++;
        if (!v->other && other != which) v->other = call->rules[other].origin;
    }
}

static bool same_action(struct rf_action a, struct rf_action b) {
    return a.kind == b.kind && a.error == b.error;
}

/* Several rules with one action that only together are true of everything: how `!=` is often written wrongly. */
static void judge_union(struct judging *j, enum rf_machine abi, const struct rf_call_rules *call, size_t last) {
    const struct rf_cond *all = NULL;
    const struct rule_origin *origin = call->rules[last].origin, *first = NULL;
    for (size_t i = 0; i <= last; i++) {
        const struct rf_rule *rule = &call->rules[i];
        const struct rule_origin *o = rule->origin;
        if (!rule->when || !o || !o->judged || !same_action(rule->action, call->rules[last].action)) continue;
        if (!first) first = o;
        struct rf_cond *either = RF_NEW(j->l->c->arena, struct rf_cond);
        *either = (struct rf_cond){.kind = RF_COND_OR, .left = all ? all : rule->when, .right = rule->when};
        all = either;
    }
    if (!all || !origin || !origin->judged || !call->rules[last].when || first == origin) return;
    if (!rf_cond_total(j->l->c->arena, abi, all)) return;
    struct verdict *v = verdict_of(j, origin, NULL), *one = verdict_of(j, first, NULL);
    v->unions++;
    v->with = one;
}

static struct span condition_at(const struct verdict *v) {
    const struct item *rule = v->origin->rule;
    if (!rule) return v->origin->at;
    const struct value *when = &RF_FIELD(rule, rule, when), *unless = &RF_FIELD(rule, rule, unless);
    return when->set ? when->at : unless->set ? unless->at : v->origin->at;
}

/* With `unless` the condition that was judged is the opposite of the one that is written. */
static bool is_unless(const struct verdict *v) {
    return v->origin->rule && RF_FIELD(v->origin->rule, rule, unless).set;
}

static void report(struct judging *j, const struct verdict *v) {
    struct compile_context *c = j->l->c;
    bool never = v->impossible == v->met, always = v->total == v->met;
    if (never || always) {
        struct diag *d =
            rf_diag(c->diags, never ? D_CONTRADICTORY : D_TOTAL, condition_at(v),
                    never != is_unless(v) ? "no '%s' can make this true" : "this is true of every '%s'", v->call);
        rf_diag_help(c->diags, d, "%s",
                     never ? "the rule would never apply: was 'or' meant for 'and', or a value outside of its mask?"
                           : "the rule would always apply: was 'and' meant for 'or'? Or list the call outright");
    } else if (v->unions == v->met && v->with) {
        struct diag *d = rf_diag(c->diags, D_TOTAL, condition_at(v),
                                 "together with others of the same action this is true of every '%s'", v->call);
        rf_diag_other(c->diags, d, condition_at(v->with), "the first of them");
        rf_diag_help(c->diags, d, "each rule applies by itself: one rule with 'and' between its parts says both");
    } else if (v->idle == v->met) {
        struct diag *d = rf_diag(c->diags, D_SHADOWED, v->origin->at, "this never decides about '%s'", v->call);
        if (v->other) rf_diag_other(c->diags, d, v->other->at, "as strict or stricter, here or with others");
    }
}

void rf_check_rules(struct lower *l) {
    struct judging j = {.l = l};
    for (size_t f = 0; f < l->filter_count; f++)
        for (const struct rf_seccomp *abi = &l->filters[f].policy; abi; abi = abi->compat)
            for (size_t i = 0; i < abi->count; i++)
                for (size_t r = 0; r < abi->calls[i].count; r++) judge_rule(&j, abi->machine, &abi->calls[i], r);
    for (size_t f = 0; f < l->filter_count; f++)
        for (const struct rf_seccomp *abi = &l->filters[f].policy; abi; abi = abi->compat)
            for (size_t i = 0; i < abi->count; i++)
                for (size_t r = 1; r < abi->calls[i].count; r++) judge_union(&j, abi->machine, &abi->calls[i], r);
    for (size_t i = 0; i < j.count; i++) report(&j, &j.list[i]);
}
