/* SPDX-License-Identifier: Apache-2.0 */
#include "prove.h"

#include <string.h>

/* Bits below bit b, and from bit b on. */
static uint32_t below(unsigned b) {
    return ((uint32_t)1 << b) - 1;
}

/* The smallest x >= from with (x & known) == bits. */
static bool first_from(uint32_t from, uint32_t known, uint32_t bits, uint32_t *x) {
    uint32_t wrong = (from ^ bits) & known;
    *x = from;
    if (!wrong) return true;
    unsigned b = 31 - (unsigned)__builtin_clz(wrong);
    if (!(bits >> b & 1)) {
        /* `from` has a 1 where there must be a 0: a free 0 above it must become 1 */
        uint32_t can_rise = ~from & ~known & ~below(b);
        if (!can_rise) return false;
        b = (unsigned)__builtin_ctz(can_rise);
    }
    *x = (from & ~below(b)) | (uint32_t)1 << b | (bits & below(b));
    return true;
}

/* Moves lo and hi to members; false if there is none. */
static bool tighten(struct rf_domain *d) {
    uint32_t lo, turned;
    if (d->lo > d->hi || !first_from(d->lo, d->known, d->bits, &lo) || lo > d->hi) return false;
    /* the greatest member <= hi is the smallest one >= ~hi with all bits turned over; lo is one */
    if (!first_from(~d->hi, d->known, ~d->bits & d->known, &turned)) return false;
    d->lo = lo;
    d->hi = ~turned;
    /* the leading bits that lo and hi share are known too */
    uint32_t differ = d->lo ^ d->hi,
             shared = differ ? ~(below(31 - (unsigned)__builtin_clz(differ)) << 1 | 1) : UINT32_MAX;
    d->bits |= d->lo & shared;
    d->known |= shared;
    return true;
}

struct pieces {
    struct rf_domain domain[32 + 1]; /* at most one per bit, and one */
    bool outcome[32 + 1];
    unsigned count;
};

static void add(struct pieces *p, struct rf_domain d, bool outcome) {
    if (!tighten(&d)) return;
    p->domain[p->count] = d;
    p->outcome[p->count++] = outcome;
}

static void add_between(struct pieces *p, const struct rf_domain *d, uint32_t lo, uint32_t hi, bool outcome) {
    struct rf_domain part = *d;
    if (lo > part.lo) part.lo = lo;
    if (hi < part.hi) part.hi = hi;
    add(p, part, outcome);
}

static bool set_bit(struct rf_domain *d, uint32_t bit, bool value) {
    if (d->known & bit) return !!(d->bits & bit) == value;
    d->known |= bit;
    if (value) d->bits |= bit;
    return tighten(d);
}

static void add_with_bit(struct pieces *p, struct rf_domain d, uint32_t bit, bool value, bool outcome) {
    if (set_bit(&d, bit, value)) add(p, d, outcome);
}

static void split_whole_word(struct pieces *p, const struct rf_domain *d, const struct rf_test *t) {
    if (t->kind == RF_TEST_EQ) {
        add_between(p, d, t->k, t->k, true);
        if (t->k > 0) add_between(p, d, 0, t->k - 1, false);
        if (t->k < UINT32_MAX) add_between(p, d, t->k + 1, UINT32_MAX, false);
    } else {
        add_between(p, d, t->k, UINT32_MAX, true);
        if (t->k > 0) add_between(p, d, 0, t->k - 1, false);
    }
}

/* From the top bit down: as soon as one bit settles the outcome, that part is a piece. */
static void split_by_bits(struct pieces *p, struct rf_domain d, const struct rf_test *t) {
    uint32_t mask = t->kind == RF_TEST_SET ? t->mask & t->k : t->mask;
    for (uint32_t bit = 0x80000000u; bit; bit >>= 1) {
        bool want = t->kind != RF_TEST_SET && (t->k & bit), stay = true;
        if (!(mask & bit)) {
            /* this bit of word & mask is 0: less than a k that has it, and equal so far otherwise */
            if (want) {
                add(p, d, false);
                return;
            }
            continue;
        }
        switch (t->kind) {
        case RF_TEST_EQ: add_with_bit(p, d, bit, !want, false); break;
        case RF_TEST_SET: add_with_bit(p, d, bit, true, true); break;
        case RF_TEST_GE: add_with_bit(p, d, bit, !want, !want); break; /* 1 against 0 is greater */
        }
        stay = set_bit(&d, bit, want);
        if (!stay) return;
    }
    add(p, d, t->kind != RF_TEST_SET);
}

/* Without splitting, where the known bits say it. */
static bool settled_by_bits(const struct rf_domain *d, const struct rf_test *t, bool *outcome) {
    uint32_t mask = t->kind == RF_TEST_SET ? t->mask & t->k : t->mask, known = d->known & mask;
    if (t->kind == RF_TEST_SET) {
        *outcome = d->bits & mask;
        return *outcome || known == mask;
    }
    if (t->kind == RF_TEST_EQ) {
        *outcome = (d->bits & mask) == t->k;
        return known == mask || ((d->bits ^ t->k) & known) || (t->k & ~mask);
    }
    *outcome = (d->bits & mask) >= t->k;
    return known == mask;
}

void rf_worklist_push(struct rf_worklist *work, const struct rf_region *region) {
    /* not RF_PUSH: the list shrinks too, and would be copied whenever it passes a power of two again */
    if (work->count == work->capacity) {
        size_t capacity = work->capacity ? 2 * work->capacity : 64;
        struct rf_region *bigger = rf_arena_alloc(work->arena, capacity * sizeof *bigger);
        if (work->count) memcpy(bigger, work->regions, work->count * sizeof *bigger);
        work->regions = bigger;
        work->capacity = capacity;
    }
    work->regions[work->count++] = *region;
}

bool rf_region_decide(struct rf_worklist *work, struct rf_region *region, struct rf_test test) {
    struct rf_domain *d = &region->words[test.word];
    bool outcome;
    work->tests++;
    if (settled_by_bits(d, &test, &outcome)) return outcome;
    struct pieces p;
    p.count = 0;
    p.outcome[0] = false; /* set by the first piece: there is one, for a domain is never empty */
    if (test.mask == UINT32_MAX && test.kind != RF_TEST_SET)
        split_whole_word(&p, d, &test);
    else
        split_by_bits(&p, *d, &test);

    bool settled = true;
    for (unsigned i = 1; i < p.count; i++) settled &= p.outcome[i] == p.outcome[0];
    if (settled) return p.outcome[0];
    for (unsigned i = p.count; i-- > 1;) {
        *d = p.domain[i];
        rf_worklist_push(work, region);
    }
    *d = p.domain[0];
    return p.outcome[0];
}

void rf_region_all(struct rf_region *region) {
    *region = (struct rf_region){.mask = UINT32_MAX, .kind = RF_ACT_KILL};
    for (unsigned i = 0; i < RF_WORDS; i++) region->words[i].hi = UINT32_MAX;
}

void rf_region_witness(const struct rf_region *region, struct rf_seccomp_data *data) {
    const struct rf_domain *w = region->words;
    *data = (struct rf_seccomp_data){.number = w[RF_AT_NUMBER].lo, .arch = w[RF_AT_ARCH].lo};
    for (unsigned i = 0; i < 6; i++)
        data->args[i] = (uint64_t)w[RF_AT_ARGS + 2 * i + 1].lo << 32 | w[RF_AT_ARGS + 2 * i].lo;
}
