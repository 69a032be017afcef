/* SPDX-License-Identifier: Apache-2.0 */
/* The graph of decisions, and its instructions, written from the last to the first. */
#include "gen.h"

#include <string.h>

static uint32_t hash(const struct rf_gen_node *n) {
    uint32_t h = 2166136261u;
    const uint32_t parts[] = {n->op, n->word, n->mask, n->k, n->yes, n->no};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) h = (h ^ parts[i]) * 16777619u ^ h >> 15;
    return h;
}

static bool same(const struct rf_gen_node *a, const struct rf_gen_node *b) {
    return a->op == b->op && a->word == b->word && a->mask == b->mask && a->k == b->k && a->yes == b->yes &&
           a->no == b->no;
}

static void grow_slots(struct rf_gen *g) {
    uint32_t bigger = g->slot_count ? g->slot_count * 2 : 256;
    uint32_t *slots = rf_arena_alloc(g->arena, bigger * sizeof *slots);
    for (uint32_t i = 0; i < g->count; i++) {
        uint32_t at = hash(&g->nodes[i]) & (bigger - 1);
        while (slots[at]) at = (at + 1) & (bigger - 1);
        slots[at] = i + 1;
    }
    g->slots = slots;
    g->slot_count = bigger;
}

uint32_t rf_gen_node(struct rf_gen *g, struct rf_gen_node node) {
    if (g->count * 2 >= g->slot_count) grow_slots(g);
    uint32_t at = hash(&node) & (g->slot_count - 1);
    for (; g->slots[at]; at = (at + 1) & (g->slot_count - 1))
        if (same(&g->nodes[g->slots[at] - 1], &node)) return g->slots[at] - 1;
    RF_PUSH(g->arena, g->nodes, g->count, node);
    g->slots[at] = g->count;
    return g->count - 1;
}

uint32_t rf_gen_ret(struct rf_gen *g, uint32_t ret) {
    return rf_gen_node(g, (struct rf_gen_node){.op = BPF_RET, .mask = RF_WHOLE, .k = ret});
}

uint32_t rf_gen_test(struct rf_gen *g, uint32_t op, uint32_t word, uint32_t mask, uint32_t k, uint32_t yes,
                     uint32_t no) {
    struct rf_gen_node n = {(uint16_t)op, (uint16_t)word, mask, k, yes, no};
    const struct rf_gen_node *y = &g->nodes[yes], *o = &g->nodes[no];
    if (y->op == n.op && y->word == n.word && y->mask == mask && y->k == k) n.yes = y->yes;
    if (o->op == n.op && o->word == n.word && o->mask == mask && o->k == k) n.no = o->no;
    if (n.yes == n.no) return n.yes;
    return rf_gen_node(g, n);
}

/* How a decision is entered: with its word already in the accumulator, or not. */
enum { ENTER_TEST, ENTER_LOAD, ENTRIES };
#define NOWHERE UINT32_MAX

struct place {
    bool wanted[ENTRIES];
    uint32_t at[ENTRIES];   /* index of the instruction in out */
    uint32_t near[ENTRIES]; /* the same, or the latest copy or trampoline */
};

struct emitter {
    const struct rf_gen *g;
    struct place *places;
    struct rf_insn *out;
    uint32_t front; /* out[front..RF_FILTER_MAX) is written */
    bool full;
};

static int entry(const struct rf_gen *g, uint32_t from, uint32_t to) {
    const struct rf_gen_node *a = &g->nodes[from], *b = &g->nodes[to];
    if (b->op == BPF_RET) return ENTER_TEST;
    return a->word == b->word && a->mask == b->mask ? ENTER_TEST : ENTER_LOAD;
}

static void put(struct emitter *e, uint32_t code, uint32_t jt, uint32_t jf, uint32_t k) {
    if (e->front == 0) {
        e->full = true;
        return;
    }
    e->out[--e->front] = (struct rf_insn){(uint16_t)code, (uint8_t)jt, (uint8_t)jf, k};
}

/*
 * Makes `to` reachable from an instruction that will stand at most two before the front.  A conditional
 * jump spans 255 instructions; what is farther away gets a copy (returns) or a trampoline here, where
 * nothing falls into it: every instruction so far is reached by its own jump.
 */
static void bring_near(struct emitter *e, uint32_t to, int how) {
    struct place *p = &e->places[to];
    if (p->near[how] != NOWHERE && p->near[how] - e->front <= 254) return;
    const struct rf_gen_node *n = &e->g->nodes[to];
    if (n->op == BPF_RET)
        put(e, BPF_RET | BPF_K, 0, 0, n->k);
    else
        put(e, BPF_JMP | BPF_JA, 0, 0, p->at[how] - e->front);
    p->near[how] = e->front;
}

static void emit_node(struct emitter *e, uint32_t id) {
    const struct rf_gen_node *n = &e->g->nodes[id];
    struct place *p = &e->places[id];
    int yes = entry(e->g, id, n->yes), no = entry(e->g, id, n->no);
    bring_near(e, n->yes, yes);
    bring_near(e, n->no, no);
    put(e, BPF_JMP | BPF_K | n->op, e->places[n->yes].near[yes] - e->front, e->places[n->no].near[no] - e->front, n->k);
    p->at[ENTER_TEST] = p->near[ENTER_TEST] = e->front;
    if (!p->wanted[ENTER_LOAD]) return;
    if (n->mask != RF_WHOLE) put(e, BPF_ALU | BPF_AND | BPF_K, 0, 0, n->mask);
    put(e, BPF_LD | BPF_W | BPF_ABS, 0, 0, n->word);
    p->at[ENTER_LOAD] = p->near[ENTER_LOAD] = e->front;
}

size_t rf_gen_emit(struct rf_gen *g, uint32_t root, struct rf_insn *out) {
    struct emitter e = {.g = g, .out = out, .front = RF_FILTER_MAX};
    e.places = rf_arena_alloc(g->arena, (root + 1) * sizeof *e.places);
    for (uint32_t i = 0; i <= root; i++)
        for (int how = 0; how < ENTRIES; how++) e.places[i].at[how] = e.places[i].near[how] = NOWHERE;

    e.places[root].wanted[ENTER_LOAD] = true;
    for (uint32_t i = root + 1; i-- > 0;) {
        const struct rf_gen_node *n = &g->nodes[i];
        if (n->op == BPF_RET || !(e.places[i].wanted[ENTER_TEST] || e.places[i].wanted[ENTER_LOAD])) continue;
        e.places[n->yes].wanted[entry(g, i, n->yes)] = true;
        e.places[n->no].wanted[entry(g, i, n->no)] = true;
    }
    for (uint32_t i = 0; i <= root && !e.full; i++) {
        bool wanted = e.places[i].wanted[ENTER_TEST] || e.places[i].wanted[ENTER_LOAD];
        if (wanted && g->nodes[i].op != BPF_RET) emit_node(&e, i); /* returns: where they are jumped to */
    }
    if (e.full) return 0;
    size_t count = RF_FILTER_MAX - e.front;
    memmove(out, out + e.front, count * sizeof *out);
    return count;
}
