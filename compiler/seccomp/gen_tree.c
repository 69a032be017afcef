/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest search tree over ranges of one word, by dynamic programming.
 *
 * A stretch of neighbouring ranges is decided by either
 *   - a split (jge) at one of their boundaries, then both halves; or
 *   - a chain: every single number with another answer than the first range is picked out by a jeq, and
 *     all else has that answer.  So [A x A] takes one test, not two.
 * A split beside a single number that a chain could pick out costs an instruction, and makes two short
 * chains of a long one.  (A split in the middle of a wide range could do no more.)
 *
 * What is least is instructions times their price, plus steps weighted by how often a range is hit.
 * Every call pays for the number tree: there the caller says what an instruction is worth in steps of the mean (see
 * gen.c).  A list of argument values concerns one call: only chains of more than about eight are halved.
 */
#include "gen.h"

#define STRETCH_MAX 128u /* beyond it, halve first: the table grows with the square, time with the cube */
enum { HOW_SAME = -1, HOW_CHAIN = -2 };

struct best {
    uint64_t cost;
    int32_t how; /* HOW_*, or the last range of the left half */
};

struct search {
    struct rf_gen *g;
    uint32_t word, mask;
    const struct rf_gen_range *ranges;
    uint32_t (*resolve)(void *, uint32_t);
    void *context;
    uint64_t price;      /* of one instruction */
    struct best *best;   /* of [i][j], count * count, for the stretch at hand */
    size_t first, width; /* the stretch at hand */
};

static bool single(const struct rf_gen_range *r) {
    return r->low == r->high;
}

struct chain {
    bool possible;
    uint32_t answer;
    uint64_t picked, steps, rest;
};

static void chain_add(struct chain *c, const struct rf_gen_range *r) {
    if (r->answer == c->answer) {
        c->rest += r->weight;
    } else if (single(r)) {
        c->picked++;
        c->steps += c->picked * r->weight;
    } else {
        c->possible = false;
    }
}

static void fill(struct search *s) {
    const struct rf_gen_range *ranges = s->ranges + s->first;
    size_t n = s->width;
    for (size_t i = n; i-- > 0;) {
        struct chain chain = {.possible = true, .answer = ranges[i].answer};
        uint64_t weight = 0;
        for (size_t j = i; j < n; j++) {
            chain_add(&chain, &ranges[j]);
            weight += ranges[j].weight;
            struct best b = {UINT64_MAX, HOW_SAME};
            if (chain.possible && chain.picked == 0)
                b.cost = 0;
            else if (chain.possible)
                b = (struct best){chain.picked * s->price + chain.steps + chain.picked * chain.rest, HOW_CHAIN};
            for (size_t k = i; k < j && b.cost != 0; k++) {
                uint64_t cost = s->best[i * n + k].cost + s->best[(k + 1) * n + j].cost + s->price + weight;
                if (cost < b.cost) b = (struct best){cost, (int32_t)k};
            }
            s->best[i * n + j] = b;
        }
    }
}

static uint32_t build_chain(struct search *s, const struct rf_gen_range *ranges, size_t count) {
    uint32_t answer = ranges[0].answer;
    uint32_t node = s->resolve(s->context, answer);
    for (size_t i = count; i-- > 0;)
        if (ranges[i].answer != answer)
            node = rf_gen_test(s->g, BPF_JEQ, s->word, s->mask, ranges[i].low, s->resolve(s->context, ranges[i].answer),
                               node);
    return node;
}

static uint32_t build(struct search *s, size_t i, size_t j) {
    const struct rf_gen_range *ranges = s->ranges + s->first;
    int32_t how = s->best[i * s->width + j].how;
    if (how == HOW_SAME) return s->resolve(s->context, ranges[i].answer);
    if (how == HOW_CHAIN) return build_chain(s, ranges + i, j - i + 1);
    size_t k = (size_t)how;
    uint32_t above = build(s, k + 1, j);
    uint32_t below = build(s, i, k);
    return rf_gen_test(s->g, BPF_JGE, s->word, s->mask, ranges[k + 1].low, above, below);
}

static uint32_t build_stretch(struct search *s, size_t first, size_t count) {
    if (count <= STRETCH_MAX) {
        s->first = first;
        s->width = count;
        fill(s);
        return build(s, 0, count - 1);
    }
    size_t half = count / 2;
    uint32_t above = build_stretch(s, first + half, count - half);
    uint32_t below = build_stretch(s, first, half);
    return rf_gen_test(s->g, BPF_JGE, s->word, s->mask, s->ranges[first + half].low, above, below);
}

uint32_t rf_gen_tree(struct rf_gen *g, uint32_t word, uint32_t mask, const struct rf_gen_range *ranges, size_t count,
                     uint32_t (*resolve)(void *context, uint32_t answer), void *context) {
    struct search s = {.g = g, .word = word, .mask = mask, .ranges = ranges, .resolve = resolve, .context = context};
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) total += ranges[i].weight;
    s.price = word == RF_WORD_NUMBER ? total * g->price / 20 + 1 : total * 2;
    size_t width = count < STRETCH_MAX ? count : STRETCH_MAX;
    s.best = rf_arena_alloc(g->arena, width * width * sizeof *s.best);
    return build_stretch(&s, 0, count);
}
