/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp_mutants.h"

void kit_flip(struct rf_insn *insn, unsigned bit) {
    if (bit < 16)
        insn->code ^= (uint16_t)(1u << bit);
    else if (bit < 24)
        insn->jt ^= (uint8_t)(1u << (bit - 16));
    else if (bit < 32)
        insn->jf ^= (uint8_t)(1u << (bit - 24));
    else
        insn->k ^= 1u << (bit - 32);
}

struct mutation {
    struct rf_arena *arena;
    size_t wanted, seen; /* the wanted-th change is made */
};

static bool here(struct mutation *m) {
    return m->seen++ == m->wanted;
}

static const struct rf_cond *change_cond(struct mutation *m, const struct rf_cond *c) {
    struct rf_cond *n = RF_NEW(m->arena, struct rf_cond);
    *n = *c;
    if (c->left) {
        if (c->kind != RF_COND_NOT && here(m)) return c->left; /* a half left out */
        if (c->kind != RF_COND_NOT && here(m)) return c->right;
        if (c->kind == RF_COND_NOT && here(m)) return c->left;
        n->left = change_cond(m, c->left);
        if (c->right) n->right = change_cond(m, c->right);
        return n;
    }
    bool ordered = c->kind >= RF_COND_LT && c->kind <= RF_COND_RANGE;
    bool wide = c->value >> 32 || c->mask >> 32 || ordered || c->kind <= RF_COND_NE;
    if (ordered && here(m)) n->is_signed = !c->is_signed;
    if (c->width == 64 && wide && here(m)) { /* the high word forgotten */
        n->width = 32;
        n->value &= UINT32_MAX;
        n->high &= UINT32_MAX;
    }
    if (c->width == 32 && c->kind <= RF_COND_NE && here(m)) n->width = 64; /* the high word looked at */
    if (c->kind < RF_COND_BITS && here(m)) n->value ^= 1;
    if (c->kind == RF_COND_RANGE && here(m)) n->high ^= 1;
    if (c->kind >= RF_COND_BITS && here(m)) n->mask &= n->mask - 1;
    if ((c->kind == RF_COND_EQ || c->kind == RF_COND_NE) && here(m))
        n->kind = c->kind == RF_COND_EQ ? RF_COND_NE : RF_COND_EQ;
    if (c->kind == RF_COND_LT && here(m)) n->kind = RF_COND_LE;
    if (c->kind == RF_COND_GE && here(m)) n->kind = RF_COND_GT;
    if (here(m)) n->argument = (uint8_t)((c->argument + 1) % 6);
    return n;
}

static struct rf_action other(struct rf_action a) {
    static const struct rf_action others[] = {[RF_ACT_ALLOW] = {RF_ACT_LOG, 0},
                                              [RF_ACT_LOG] = {RF_ACT_ALLOW, 0},
                                              [RF_ACT_NOTIFY] = {RF_ACT_KILL, 0},
                                              [RF_ACT_ERRNO] = {RF_ACT_ERRNO, 77},
                                              [RF_ACT_KILL] = {RF_ACT_ERRNO, 77}};
    return others[a.kind];
}

static struct rf_seccomp change(struct mutation *m, const struct rf_seccomp *p) {
    struct rf_seccomp n = *p;
    struct rf_call_rules *calls = rf_arena_alloc(m->arena, p->count * sizeof *calls);
    n.calls = calls;
    n.count = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (here(m)) continue; /* a call left out */
        struct rf_rule *rules = rf_arena_alloc(m->arena, p->calls[i].count * sizeof *rules);
        size_t count = 0;
        for (size_t j = 0; j < p->calls[i].count; j++) {
            if (here(m)) continue; /* a rule left out */
            rules[count] = p->calls[i].rules[j];
            if (rules[count].when) rules[count].when = here(m) ? NULL : change_cond(m, rules[count].when);
            if (here(m)) rules[count].action = other(rules[count].action);
            count++;
        }
        calls[n.count++] = (struct rf_call_rules){p->calls[i].number, rules, count};
    }
    if (here(m)) n.fallback = other(n.fallback);
    if (here(m)) n.unknown = other(n.unknown);
    if (!p->compat) return n;
    struct rf_seccomp *compat = RF_NEW(m->arena, struct rf_seccomp);
    *compat = change(m, p->compat);
    n.compat = compat;
    return n;
}

bool kit_mutant(struct rf_arena *arena, const struct rf_seccomp *policy, size_t wanted, struct rf_seccomp *mutant) {
    struct mutation m = {arena, wanted, 0};
    *mutant = change(&m, policy);
    return m.seen > wanted;
}
