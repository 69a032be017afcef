/* SPDX-License-Identifier: Apache-2.0 */
/* Grammar of conditions: one function per production; NULL after the first error. */
#include "expr.h"

#include <string.h>

#define DEPTH_MAX  32
#define TESTS_MAX  256
#define LENGTH_MAX 65536u

static struct rf_cond *either(struct rf_expr *e);

static struct rf_cond *new_cond(struct rf_expr *e, enum rf_cond_kind kind, uint32_t start, uint32_t end) {
    struct rf_cond *c = RF_NEW(e->arena, struct rf_cond);
    c->kind = kind;
    c->start = start;
    c->end = end;
    return c;
}

static struct rf_cond *join(struct rf_expr *e, enum rf_cond_kind kind, struct rf_cond *left, struct rf_cond *right) {
    struct rf_cond *c = new_cond(e, kind, left->start, right->end);
    c->left = left;
    c->right = right;
    return c;
}

static const char *argument_name(const struct rf_expr *e, size_t i) {
    return i < e->args->count && i < 6 ? e->args->list[i].name : NULL;
}

static const char *all_arguments(struct rf_expr *e) {
    const char *list = argument_name(e, 0);
    if (!list) return "it has none";
    for (size_t i = 1; argument_name(e, i); i++) list = rf_arena_printf(e->arena, "%s, %s", list, argument_name(e, i));
    return rf_arena_printf(e->arena, "it has: %s", list);
}

/* The argument that the next token names: its index, or -1. */
static int argument(struct rf_expr *e) {
    struct rf_expr_token t = e->token;
    const struct rf_syscall *call = e->call;
    if (t.kind != RF_TOK_NAME) {
        rf_expr_fail(e, t.start, t.end, "expected the name of an argument",
                     t.kind == RF_TOK_NUMBER ? "write the argument first, then what it is compared with" : NULL);
        return -1;
    }
    const char *name = rf_expr_words(e, t.start, t.end);
    if (!e->args->known) {
        rf_expr_fail(e, t.start, t.end,
                     rf_arena_printf(e->arena, "the arguments of '%s' on %s cannot be tested", call->name,
                                     rf_machine_info[e->machine].name),
                     "they are not the same there, or split over two registers: leave this ABI out with 'given'");
        return -1;
    }
    for (int i = 0; argument_name(e, (size_t)i); i++) {
        if (strcmp(e->args->list[i].name, name) != 0) continue;
        if (e->args->list[i].is_pointer) {
            rf_expr_fail(e, t.start, t.end, rf_arena_printf(e->arena, "'%s' is a pointer", name),
                         "a filter sees the address, not what is there");
            return -1;
        }
        rf_expr_next(e);
        return i;
    }
    const char *help = rf_expr_suggest(e, name, argument_name);
    rf_expr_fail(e, t.start, t.end, rf_arena_printf(e->arena, "'%s' has no argument '%s'", call->name, name),
                 help ? help : all_arguments(e));
    return -1;
}

static struct rf_cond *new_test(struct rf_expr *e, enum rf_cond_kind kind, int index, uint32_t start) {
    const struct rf_sysarg *arg = &e->args->list[index];
    struct rf_cond *c = new_cond(e, kind, start, e->last_end);
    c->argument = (uint8_t)index;
    c->width = arg->width;
    c->is_signed = arg->is_signed;
    if (++e->tests > TESTS_MAX)
        return rf_expr_fail(e, c->start, c->end, "more than 256 tests in one condition",
                            "split it into several rules, or use a range");
    return c;
}

/* "[" value,... "]" behind "in"; each value is a test. */
static struct rf_cond *list(struct rf_expr *e, int index, uint32_t start) {
    const struct rf_sysarg *arg = &e->args->list[index];
    uint32_t open = e->token.start;
    struct rf_cond *all = NULL;
    rf_expr_next(e);
    if (e->token.kind == RF_TOK_LIST_END) return rf_expr_fail(e, open, e->token.end, "empty list", NULL);
    for (;;) {
        struct rf_expr_value v;
        uint64_t bits;
        if (!rf_expr_value(e, &v) || !rf_expr_fit(e, arg, RF_USE_EQUALITY, &v, &bits)) return NULL;
        struct rf_cond *one = new_test(e, RF_COND_EQ, index, v.start);
        if (!one) return NULL;
        one->value = bits;
        all = all ? join(e, RF_COND_OR, all, one) : one;
        if (e->token.kind != RF_TOK_COMMA) break;
        rf_expr_next(e);
    }
    if (e->token.kind != RF_TOK_LIST_END)
        return rf_expr_fail(e, e->token.start, e->token.end, "expected ',' or ']' in a list", NULL);
    rf_expr_next(e);
    all->start = start;
    all->end = e->last_end;
    return all;
}

/* value ".." value behind "in" */
static struct rf_cond *range(struct rf_expr *e, int index, uint32_t start) {
    const struct rf_sysarg *arg = &e->args->list[index];
    struct rf_expr_value low, high;
    uint64_t low_bits, high_bits;
    if (!rf_expr_value(e, &low)) return NULL;
    if (e->token.kind != RF_TOK_DOTS)
        return rf_expr_fail(e, low.start, low.end, "expected a list or a range behind 'in'",
                            "write 'in [1, 2]' or 'in 1..2'");
    rf_expr_next(e);
    if (!rf_expr_value(e, &high)) return NULL;
    if (!rf_expr_fit(e, arg, RF_USE_ORDER, &low, &low_bits) || !rf_expr_fit(e, arg, RF_USE_ORDER, &high, &high_bits))
        return NULL;
    /* turning the sign bit over orders two's complement numbers as unsigned ones */
    uint64_t turn = arg->is_signed ? (uint64_t)1 << (arg->width - 1) : 0;
    if ((low_bits ^ turn) > (high_bits ^ turn))
        return rf_expr_fail(e, low.start, high.end, "the range is empty: its low end is above its high end", NULL);
    struct rf_cond *c = new_test(e, RF_COND_RANGE, index, start);
    if (!c) return NULL;
    c->value = low_bits;
    c->high = high_bits;
    return c;
}

static struct rf_cond *bits(struct rf_expr *e, int index, uint32_t start) {
    const struct rf_sysarg *arg = &e->args->list[index];
    struct rf_expr_value v;
    uint64_t mask;
    if (!rf_expr_value(e, &v) || !rf_expr_fit(e, arg, RF_USE_MASK, &v, &mask)) return NULL;
    if (e->token.kind == RF_TOK_EQ || e->token.kind == RF_TOK_NE)
        return rf_expr_fail(e, e->token.start, e->token.end, "comparison of a mask without parentheses",
                            rf_arena_printf(e->arena, "write '(%s) %s ...'", rf_expr_words(e, start, v.end),
                                            e->token.kind == RF_TOK_EQ ? "==" : "!="));
    struct rf_cond *c = new_test(e, RF_COND_BITS, index, start);
    if (c) c->mask = mask;
    return c;
}

static struct rf_cond *compare(struct rf_expr *e, int index, uint32_t start) {
    static const enum rf_cond_kind kinds[] = {
        [RF_TOK_EQ] = RF_COND_EQ, [RF_TOK_NE] = RF_COND_NE, [RF_TOK_LT] = RF_COND_LT,
        [RF_TOK_LE] = RF_COND_LE, [RF_TOK_GT] = RF_COND_GT, [RF_TOK_GE] = RF_COND_GE};
    enum rf_cond_kind kind = kinds[e->token.kind];
    enum rf_expr_use use = kind == RF_COND_EQ || kind == RF_COND_NE ? RF_USE_EQUALITY : RF_USE_ORDER;
    struct rf_expr_value v;
    uint64_t value;
    rf_expr_next(e);
    if (!rf_expr_value(e, &v) || !rf_expr_fit(e, &e->args->list[index], use, &v, &value)) return NULL;
    struct rf_cond *c = new_test(e, kind, index, start);
    if (c) c->value = value;
    return c;
}

static struct rf_cond *test(struct rf_expr *e) {
    uint32_t start = e->token.start;
    int index = argument(e);
    if (index < 0) return NULL;
    enum rf_expr_kind kind = e->token.kind;
    if (kind >= RF_TOK_EQ && kind <= RF_TOK_GE) return compare(e, index, start);
    if (kind == RF_TOK_IN) {
        rf_expr_next(e);
        return e->token.kind == RF_TOK_LIST ? list(e, index, start) : range(e, index, start);
    }
    if (kind == RF_TOK_BITS) {
        rf_expr_next(e);
        return bits(e, index, start);
    }
    const char *help = "one of == != < <= > >= in &";
    if (kind == RF_TOK_NOT) help = rf_arena_printf(e->arena, "write 'not %s in ...'", e->args->list[index].name);
    return rf_expr_fail(e, e->token.start, e->token.end, "expected an operator", help);
}

/* "==" or "!=" behind a parenthesis: what stands inside must be `argument & mask`. */
static struct rf_cond *masked(struct rf_expr *e, struct rf_cond *c, bool bare, uint32_t start) {
    bool equal = e->token.kind == RF_TOK_EQ;
    if (!bare || c->kind != RF_COND_BITS)
        return rf_expr_fail(e, e->token.start, e->token.end, "only '(argument & mask)' can be compared", NULL);
    struct rf_expr_value v;
    rf_expr_next(e);
    if (!rf_expr_value(e, &v) || !rf_expr_fit(e, &e->args->list[c->argument], RF_USE_MASK, &v, &c->value)) return NULL;
    if (c->value & ~c->mask)
        return rf_expr_fail(
            e, v.start, v.end, "the value has bits outside of the mask: never equal",
            rf_arena_printf(e->arena, "bits outside: 0x%llx", (unsigned long long)(c->value & ~c->mask)));
    c->kind = equal ? RF_COND_BITS_EQ : RF_COND_BITS_NE;
    c->start = start;
    c->end = e->last_end;
    return c;
}

static struct rf_cond *group(struct rf_expr *e) {
    uint32_t start = e->token.start;
    rf_expr_next(e);
    bool bare = e->token.kind == RF_TOK_NAME;
    struct rf_cond *c = either(e);
    if (!c) return NULL;
    if (e->token.kind != RF_TOK_CLOSE) return rf_expr_fail(e, e->token.start, e->token.end, "expected ')'", NULL);
    rf_expr_next(e);
    if (e->token.kind == RF_TOK_EQ || e->token.kind == RF_TOK_NE) return masked(e, c, bare, start);
    return c;
}

static struct rf_cond *negation(struct rf_expr *e) {
    struct rf_expr_token t = e->token;
    if (t.kind != RF_TOK_NOT && t.kind != RF_TOK_OPEN) return test(e);
    if (e->depth == DEPTH_MAX) return rf_expr_fail(e, t.start, t.end, "nested deeper than 32", NULL);
    e->depth++;
    struct rf_cond *c;
    if (t.kind == RF_TOK_OPEN) {
        c = group(e);
    } else {
        rf_expr_next(e);
        struct rf_cond *inner = negation(e);
        c = inner ? new_cond(e, RF_COND_NOT, t.start, inner->end) : NULL;
        if (c) c->left = inner;
    }
    e->depth--;
    return c;
}

static struct rf_cond *both(struct rf_expr *e) {
    struct rf_cond *c = negation(e);
    while (c && e->token.kind == RF_TOK_AND) {
        rf_expr_next(e);
        struct rf_cond *more = negation(e);
        c = more ? join(e, RF_COND_AND, c, more) : NULL;
    }
    return c;
}

static struct rf_cond *either(struct rf_expr *e) {
    struct rf_cond *c = both(e);
    while (c && e->token.kind == RF_TOK_OR) {
        rf_expr_next(e);
        struct rf_cond *more = both(e);
        c = more ? join(e, RF_COND_OR, c, more) : NULL;
    }
    return c;
}

const struct rf_cond *rf_expr_parse(struct rf_arena *arena, const struct rf_syscall *call, enum rf_machine machine,
                                    const char *text, struct rf_expr_error *error) {
    size_t length = strlen(text);
    struct rf_expr e = {.arena = arena,
                        .call = call,
                        .args = rf_syscall_args(call, machine),
                        .machine = machine,
                        .text = text,
                        .error = error};
    if (length > LENGTH_MAX) return rf_expr_fail(&e, LENGTH_MAX, LENGTH_MAX, "condition longer than 65536 bytes", NULL);
    e.length = (uint32_t)length;
    rf_expr_next(&e);
    if (e.token.kind == RF_TOK_END) return rf_expr_fail(&e, 0, e.length, "empty condition", NULL);
    struct rf_cond *c = either(&e);
    if (c && e.token.kind != RF_TOK_END)
        return rf_expr_fail(&e, e.token.start, e.token.end, "expected 'and', 'or' or the end of the condition", NULL);
    return e.failed ? NULL : c;
}
