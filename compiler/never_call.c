/* SPDX-License-Identifier: Apache-2.0 */
#include "never_call.h"
#include "names.h"

#include <string.h>

static bool fail(struct rf_expr_error *error, const char *message, const char *help) {
    *error = (struct rf_expr_error){.message = message, .help = help};
    return false;
}

/* Only what rf_expr_parse() reads as one value: "A|B", a name, a number. */
static bool is_value(const char *text, size_t length) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_|- ";
    return length && strspn(text, letters) >= length;
}

static bool is_flags(const struct rf_sysarg *arg) {
    const char *flags = strstr(arg->name, "flags");
    return (flags && !flags[5]) || strcmp(arg->name, "prot") == 0;
}

/* `argument == value`, and for flags `(argument & value) == value`: a call with one more flag is the same danger. */
static const struct rf_cond *test(struct rf_arena *arena, const struct rf_syscall *call, enum rf_machine machine,
                                  bool exact, unsigned n, const char *value, struct rf_expr_error *error) {
    const char *text = rf_arena_printf(arena, "%s == %s", rf_syscall_args(call, machine)->list[n].name, value);
    const struct rf_cond *equal = rf_expr_parse(arena, call, machine, text, error);
    if (exact || !equal || equal->kind != RF_COND_EQ || !is_flags(&rf_syscall_args(call, machine)->list[n]) ||
        !equal->value)
        return equal;
    struct rf_cond *flags = RF_NEW(arena, struct rf_cond);
    *flags = *equal;
    flags->kind = RF_COND_BITS_EQ;
    flags->mask = equal->value;
    return flags;
}

static const struct rf_cond *both(struct rf_arena *arena, const struct rf_cond *left, const struct rf_cond *right) {
    if (!left) return right;
    struct rf_cond *c = RF_NEW(arena, struct rf_cond);
    c->kind = RF_COND_AND;
    c->left = left;
    c->right = right;
    return c;
}

/* The list between the parentheses, `end` at the closing one. */
static bool arguments(struct rf_arena *arena, const char *at, const char *end, enum rf_machine machine, bool exact,
                      struct never_call *what, struct rf_expr_error *error) {
    const struct rf_sysargs *args = rf_syscall_args(what->call, machine);
    static const char form[] = "write values, or '*' for any: \"socket(AF_VSOCK, ...)\"";
    for (unsigned n = 0; at < end; n++) {
        size_t length = strcspn(at, ",)");
        const char *next = at + length + (at[length] == ',');
        while (length && *at == ' ') at++, length--;
        while (length && at[length - 1] == ' ') length--;
        bool rest = length == 3 && strncmp(at, "...", 3) == 0;
        if (rest && next != end) return fail(error, "'...' is only ever the last argument", form);
        if (rest || (length == 0 && n == 0 && next == end)) return true;
        if (n >= args->count)
            return fail(error, rf_arena_printf(arena, "'%s' has %u arguments", what->call->name, args->count), form);
        const char *value = rf_arena_copy(arena, at, length);
        at = next;
        if (strcmp(value, "*") == 0) continue;
        if (!is_value(value, length))
            return fail(error, rf_arena_printf(arena, "'%s' is not a value of an argument", value), form);
        const struct rf_cond *one = test(arena, what->call, machine, exact, n, value, error);
        if (!one) return false;
        what->where = both(arena, what->where, one);
    }
    return true;
}

static const char *suggest(struct rf_arena *arena, const char *name, size_t length) {
    const char *best = rf_name_guess_call(name, length);
    return best ? rf_arena_printf(arena, "did you mean '%s'?", best) : NULL;
}

bool rf_never_call_parse(struct rf_arena *arena, const char *text, enum rf_machine machine, bool exact,
                         struct never_call *what, struct rf_expr_error *error) {
    const char *open = strchr(text, '('), *close = open ? strchr(open, ')') : NULL;
    size_t length = open ? (size_t)(open - text) : strlen(text);
    *error = (struct rf_expr_error){0};
    *what = (struct never_call){rf_syscall_find(text, length), NULL};
    if (!what->call)
        return fail(error, rf_arena_printf(arena, "unknown system call '%.*s'", (int)(length < 64 ? length : 64), text),
                    *text == '@' ? "a group cannot stand here: name the calls" : suggest(arena, text, length));
    if (!open || what->call->number[machine] < 0) return true;
    if (!close || close[1])
        return fail(error, rf_arena_printf(arena, "'%s' does not end with its only ')'", text),
                    "quote the whole call: \"socket(AF_VSOCK, ...)\"");
    return arguments(arena, open + 1, close, machine, exact, what, error);
}
