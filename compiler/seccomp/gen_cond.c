/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions to decisions.  Every comparison, signed or not, is one interval of unsigned numbers or all
 * but one.  Comparisons that concern one argument of one word are united to a set of intervals first and
 * then searched like the call numbers are; 64-bit arguments are compared high word first.
 */
#include "gen.h"

static uint64_t ones(unsigned width) {
    return width >= 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
}

struct span {           /* low..high, or everything else */
    uint64_t low, high; /* low > high: empty */
    bool inverted;
};

static const struct span NOTHING = {1, 0, false}, EVERYTHING = {1, 0, true};

static bool is_comparison(const struct rf_cond *c) {
    return c->kind >= RF_COND_EQ && c->kind <= RF_COND_RANGE;
}

/* Turning the sign bit over maps signed order to unsigned order. */
static struct span span_of(const struct rf_cond *c) {
    uint64_t max = ones(c->width), turn = c->is_signed ? (uint64_t)1 << (c->width - 1) : 0;
    uint64_t value = (c->value & max) ^ turn, low = 0, high = max;
    switch (c->kind) {
    case RF_COND_LT:
        if (value == 0) return NOTHING;
        high = value - 1;
        break;
    case RF_COND_GT:
        if (value == max) return NOTHING;
        low = value + 1;
        break;
    case RF_COND_LE: high = value; break;
    case RF_COND_GE: low = value; break;
    case RF_COND_RANGE:
        low = value;
        high = (c->high & max) ^ turn;
        if (low > high) return NOTHING;
        break;
    default: low = high = value; break; /* EQ, NE */
    }
    bool inverted = c->kind == RF_COND_NE;
    low ^= turn;
    high ^= turn;
    if (low <= high) return (struct span){low, high, inverted};
    if (high + 1 == low) return EVERYTHING; /* only an ordered comparison gets here */
    return (struct span){high + 1, low - 1, true};
}

/* A set of numbers below 2^32: where membership changes, from "not in it" below cut[0]. */
struct set {
    uint64_t *cut;
    size_t count;
};

static struct set set_of_span(struct rf_arena *arena, const struct rf_cond *c) {
    struct span span = span_of(c);
    struct set set = {rf_arena_alloc(arena, 3 * sizeof(uint64_t)), 0};
    if (span.inverted) set.cut[set.count++] = 0;
    if (span.low > span.high) return set;
    if (span.inverted && span.low == 0)
        set.count = 0;
    else
        set.cut[set.count++] = span.low;
    if (span.high < ones(c->width)) set.cut[set.count++] = span.high + 1;
    return set;
}

static struct set invert(struct rf_arena *arena, struct set a) {
    struct set set = {rf_arena_alloc(arena, (a.count + 1) * sizeof(uint64_t)), 0};
    size_t i = a.count && a.cut[0] == 0;
    if (!i) set.cut[set.count++] = 0;
    for (; i < a.count; i++) set.cut[set.count++] = a.cut[i];
    return set;
}

static struct set combine(struct rf_arena *arena, struct set a, struct set b, bool both) {
    struct set set = {rf_arena_alloc(arena, (a.count + b.count + 1) * sizeof(uint64_t)), 0};
    size_t i = 0, j = 0;
    bool inside = false;
    while (i < a.count || j < b.count) {
        uint64_t at = j == b.count || (i < a.count && a.cut[i] < b.cut[j]) ? a.cut[i] : b.cut[j];
        if (i < a.count && a.cut[i] == at) i++;
        if (j < b.count && b.cut[j] == at) j++;
        bool in_a = i & 1, in_b = j & 1, now = both ? in_a && in_b : in_a || in_b;
        if (now != inside) set.cut[set.count++] = at;
        inside = now;
    }
    return set;
}

static struct set set_of(struct rf_arena *arena, const struct rf_cond *c) {
    switch (c->kind) {
    case RF_COND_NOT: return invert(arena, set_of(arena, c->left));
    case RF_COND_AND:
    case RF_COND_OR: return combine(arena, set_of(arena, c->left), set_of(arena, c->right), c->kind == RF_COND_AND);
    default: return set_of_span(arena, c);
    }
}

/* Whether everything below `c` compares one argument, at one width of at most 32 bits: that of *first,
 * which is NULL to begin with and the first comparison at the end. */
static bool one_word(const struct rf_cond *c, const struct rf_cond **first) {
    if (c->kind == RF_COND_NOT) return one_word(c->left, first);
    if (c->kind == RF_COND_AND || c->kind == RF_COND_OR) return one_word(c->left, first) && one_word(c->right, first);
    if (!*first) *first = c;
    return is_comparison(c) && c->width <= 32 && c->argument == (*first)->argument && c->width == (*first)->width;
}

struct yes_no {
    uint32_t node[2];
};
static uint32_t pick(void *context, uint32_t answer) {
    return ((const struct yes_no *)context)->node[answer];
}

static uint32_t test_set(struct rf_gen *g, const struct rf_cond *c, const struct rf_cond *first, uint32_t yes,
                         uint32_t no) {
    uint32_t max = (uint32_t)ones(first->width);
    struct set set = set_of(g->arena, c);
    struct rf_gen_range *ranges = rf_arena_alloc(g->arena, (set.count + 1) * sizeof *ranges);
    size_t count = 0;
    uint32_t answer = 0;
    uint64_t low = 0;
    for (size_t i = 0; i < set.count; i++) {
        if (set.cut[i] > low)
            ranges[count++] = (struct rf_gen_range){(uint32_t)low, (uint32_t)(set.cut[i] - 1), answer, 1};
        low = set.cut[i];
        answer = !answer;
    }
    ranges[count++] = (struct rf_gen_range){(uint32_t)low, max, answer, 1};
    struct yes_no leaves = {{no, yes}};
    return rf_gen_tree(g, RF_WORD_LOW(first->argument), max, ranges, count, pick, &leaves);
}

/* The 64-bit argument is at least `value`. */
static uint32_t at_least(struct rf_gen *g, uint32_t argument, uint64_t value, uint32_t yes, uint32_t no) {
    uint32_t high = (uint32_t)(value >> 32), low = (uint32_t)value;
    if (value == 0) return yes;
    if (low == 0) return rf_gen_test(g, BPF_JGE, RF_WORD_HIGH(argument), RF_WHOLE, high, yes, no);
    uint32_t node = rf_gen_test(g, BPF_JGE, RF_WORD_LOW(argument), RF_WHOLE, low, yes, no);
    if (high != 0) node = rf_gen_test(g, BPF_JEQ, RF_WORD_HIGH(argument), RF_WHOLE, high, node, no);
    if (high == UINT32_MAX) return node;
    return rf_gen_test(g, BPF_JGE, RF_WORD_HIGH(argument), RF_WHOLE, high + 1, yes, node);
}

static uint32_t test_span64(struct rf_gen *g, const struct rf_cond *c, uint32_t yes, uint32_t no) {
    struct span span = span_of(c);
    uint32_t in = span.inverted ? no : yes, out = span.inverted ? yes : no, argument = c->argument;
    if (span.low > span.high) return out;
    uint32_t high = (uint32_t)(span.low >> 32), low = (uint32_t)span.low;
    if (high != (uint32_t)(span.high >> 32)) {
        if (span.high != UINT64_MAX) in = at_least(g, argument, span.high + 1, out, in);
        return at_least(g, argument, span.low, in, out);
    }
    uint32_t last = (uint32_t)span.high, node = in;
    if (low == last) {
        node = rf_gen_test(g, BPF_JEQ, RF_WORD_LOW(argument), RF_WHOLE, low, in, out);
    } else {
        if (last != UINT32_MAX) node = rf_gen_test(g, BPF_JGE, RF_WORD_LOW(argument), RF_WHOLE, last + 1, out, node);
        if (low != 0) node = rf_gen_test(g, BPF_JGE, RF_WORD_LOW(argument), RF_WHOLE, low, node, out);
    }
    return rf_gen_test(g, BPF_JEQ, RF_WORD_HIGH(argument), RF_WHOLE, high, node, out);
}

/* (word & mask) == value; no `and` where a bit test says it. */
static uint32_t masked_word(struct rf_gen *g, uint32_t word, uint32_t mask, uint32_t value, uint32_t yes, uint32_t no) {
    if (value & ~mask) return no;
    if (mask == 0) return yes;
    if (mask == RF_WHOLE) return rf_gen_test(g, BPF_JEQ, word, RF_WHOLE, value, yes, no);
    if (value == 0) return rf_gen_test(g, BPF_JSET, word, RF_WHOLE, mask, no, yes);
    if ((mask & (mask - 1)) == 0) return rf_gen_test(g, BPF_JSET, word, RF_WHOLE, mask, yes, no);
    return rf_gen_test(g, BPF_JEQ, word, mask, value, yes, no);
}

static uint32_t test_bits(struct rf_gen *g, const struct rf_cond *c, uint32_t yes, uint32_t no) {
    uint64_t mask = c->mask & ones(c->width), value = c->kind == RF_COND_BITS ? 0 : c->value & ones(c->width);
    if (c->kind != RF_COND_BITS_EQ) { /* both mean "not equal": to zero, or to the value */
        uint32_t other = yes;
        yes = no;
        no = other;
    }
    uint32_t high_mask = (uint32_t)(mask >> 32), high = (uint32_t)(value >> 32);
    uint32_t node = masked_word(g, RF_WORD_LOW(c->argument), (uint32_t)mask, (uint32_t)value, yes, no);
    return masked_word(g, RF_WORD_HIGH(c->argument), high_mask, high, node, no);
}

uint32_t rf_gen_cond(struct rf_gen *g, const struct rf_cond *c, uint32_t yes, uint32_t no) {
    const struct rf_cond *first = NULL;
    if (one_word(c, &first)) return test_set(g, c, first, yes, no);
    switch (c->kind) {
    case RF_COND_NOT: return rf_gen_cond(g, c->left, no, yes);
    case RF_COND_AND: return rf_gen_cond(g, c->left, rf_gen_cond(g, c->right, yes, no), no);
    case RF_COND_OR: return rf_gen_cond(g, c->left, yes, rf_gen_cond(g, c->right, yes, no));
    case RF_COND_BITS:
    case RF_COND_BITS_EQ:
    case RF_COND_BITS_NE: return test_bits(g, c, yes, no);
    default: return test_span64(g, c, yes, no);
    }
}
