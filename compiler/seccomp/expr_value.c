/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a condition: numbers, constants, and whether they mean anything for an argument. */
#include "expr.h"

#include <string.h>

static const char *constant_name(const struct rf_expr *e, size_t i) {
    (void)e;
    return rf_constant_name(i);
}

static bool is_argument(const struct rf_expr *e, const char *name) {
    for (unsigned i = 0; i < e->args->count && i < 6; i++)
        if (strcmp(e->args->list[i].name, name) == 0) return true;
    return false;
}

static bool constant(struct rf_expr *e, struct rf_expr_value *v) {
    struct rf_expr_token t = e->token;
    if (rf_constant_find(e->machine, e->text + t.start, t.end - t.start, &v->bits)) {
        v->named = true;
        return true;
    }
    const char *name = rf_expr_words(e, t.start, t.end);
    if (e->args->known && is_argument(e, name))
        rf_expr_fail(e, t.start, t.end, rf_arena_printf(e->arena, "'%s' is an argument, not a constant", name),
                     "a condition compares an argument with constants");
    else
        rf_expr_fail(e, t.start, t.end, rf_arena_printf(e->arena, "unknown constant '%s'", name),
                     rf_expr_suggest(e, name, constant_name));
    return false;
}

static bool one_value(struct rf_expr *e, struct rf_expr_value *v) {
    *v = (struct rf_expr_value){.start = e->token.start};
    bool minus = e->token.kind == RF_TOK_MINUS;
    if (minus) rf_expr_next(e);
    if (e->token.kind == RF_TOK_NUMBER) {
        v->bits = e->token.number;
        if (minus && v->bits > (uint64_t)1 << 63) {
            rf_expr_fail(e, v->start, e->token.end, "number does not fit 64 bits", NULL);
            return false;
        }
        v->negative = minus && v->bits != 0;
        if (minus) v->bits = -v->bits;
    } else if (e->token.kind == RF_TOK_NAME && !minus) {
        if (!constant(e, v)) return false;
    } else {
        rf_expr_fail(e, e->token.start, e->token.end, minus ? "expected a number behind '-'" : "expected a value",
                     minus ? NULL : "a value is a number or the name of a constant");
        return false;
    }
    v->end = e->token.end;
    rf_expr_next(e);
    return !e->failed;
}

bool rf_expr_value(struct rf_expr *e, struct rf_expr_value *value) {
    if (!one_value(e, value)) return false;
    while (e->token.kind == RF_TOK_BAR) {
        struct rf_expr_value more;
        rf_expr_next(e);
        if (!one_value(e, &more)) return false;
        value->bits |= more.bits;
        value->negative |= more.negative;
        value->named |= more.named;
        value->end = more.end;
    }
    return !e->failed;
}

static bool refuse(struct rf_expr *e, const struct rf_sysarg *arg, const struct rf_expr_value *v, const char *what) {
    const char *help = rf_arena_printf(e->arena, "'%s' is an argument of %u bits, %s", arg->name, arg->width,
                                       arg->is_signed ? "signed" : "unsigned");
    rf_expr_fail(e, v->start, v->end, rf_arena_printf(e->arena, what, arg->name), help);
    return false;
}

/*
 * A negative number fits a signed argument from its least value on.  A number with the sign bit of a
 * signed argument set (0xffffffff for an int) is a clear bit pattern for == and masks, but as an end of
 * an ordered comparison it would mean less than zero: refused there.
 */
bool rf_expr_fit(struct rf_expr *e, const struct rf_sysarg *arg, enum rf_expr_use use, const struct rf_expr_value *v,
                 uint64_t *bits) {
    uint64_t sign = (uint64_t)1 << (arg->width - 1), ones = sign | (sign - 1);
    bool below_zero = v->negative || (v->named && v->bits >> 63 && (arg->is_signed || arg->width < 64));
    *bits = v->bits & ones;
    if (below_zero) {
        if (!arg->is_signed) return refuse(e, arg, v, "negative value for '%s', which is unsigned");
        return -v->bits <= sign || refuse(e, arg, v, "value does not fit '%s'");
    }
    if (v->bits > ones) return refuse(e, arg, v, "value does not fit '%s'");
    if (arg->is_signed && use == RF_USE_ORDER && v->bits >= sign)
        return refuse(e, arg, v, "value is above the greatest number of '%s'");
    return true;
}
