/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the condition parser: tokens (expr_lex.c), values (expr_value.c), grammar (expr.c). */
#ifndef RF_EXPR_H
#define RF_EXPR_H

#include "seccomp.h"

enum rf_expr_kind {
    RF_TOK_END,
    RF_TOK_NAME,
    RF_TOK_NUMBER,
    RF_TOK_AND,
    RF_TOK_OR,
    RF_TOK_NOT,
    RF_TOK_IN,
    RF_TOK_EQ,
    RF_TOK_NE,
    RF_TOK_LT,
    RF_TOK_LE,
    RF_TOK_GT,
    RF_TOK_GE,
    RF_TOK_OPEN,
    RF_TOK_CLOSE,
    RF_TOK_LIST,
    RF_TOK_LIST_END,
    RF_TOK_COMMA,
    RF_TOK_DOTS,
    RF_TOK_BITS,
    RF_TOK_BAR,
    RF_TOK_MINUS,
    RF_TOK_BAD /* an error has been reported */
};

struct rf_expr_token {
    enum rf_expr_kind kind;
    uint32_t start, end; /* bytes of the text */
    uint64_t number;
};

struct rf_expr {
    struct rf_arena *arena;
    const struct rf_syscall *call;
    const struct rf_sysargs *args; /* of the call, on the machine */
    enum rf_machine machine;
    const char *text;
    uint32_t length;
    struct rf_expr_token token; /* the next one */
    uint32_t last_end;          /* where the previous one ended */
    unsigned depth, tests;
    bool failed;
    struct rf_expr_error *error;
};

/* Only the first error of a text is kept.  Always NULL, to be returned. */
void *rf_expr_fail(struct rf_expr *e, uint32_t start, uint32_t end, const char *message, const char *help);
void rf_expr_next(struct rf_expr *e);
/* Text of bytes start..end, in the arena. */
const char *rf_expr_words(struct rf_expr *e, uint32_t start, uint32_t end);

/* The candidate (NULL-terminated by next() == NULL) that a mistyped `word` was most likely meant to be, as
 * "did you mean '...'?", or NULL. */
const char *rf_expr_suggest(struct rf_expr *e, const char *word,
                            const char *(*next)(const struct rf_expr *e, size_t i));

struct rf_expr_value {
    uint64_t bits; /* two's complement */
    bool negative; /* written with a minus */
    bool named;    /* a constant: with its top bit set it may be meant either way */
    uint32_t start, end;
};
enum rf_expr_use { RF_USE_EQUALITY, RF_USE_ORDER, RF_USE_MASK };

/* Reads a value; false after an error. */
bool rf_expr_value(struct rf_expr *e, struct rf_expr_value *value);
/* Cuts a value to the argument's width, if it has a meaning there. */
bool rf_expr_fit(struct rf_expr *e, const struct rf_sysarg *arg, enum rf_expr_use use,
                 const struct rf_expr_value *value, uint64_t *bits);

#endif
