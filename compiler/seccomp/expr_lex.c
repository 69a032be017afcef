/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of a condition, and what an error about one says. */
#include "expr.h"

#include <string.h>

void *rf_expr_fail(struct rf_expr *e, uint32_t start, uint32_t end, const char *message, const char *help) {
    if (!e->failed) *e->error = (struct rf_expr_error){message, help, start, end};
    e->failed = true;
    e->token.kind = RF_TOK_BAD;
    return NULL;
}

const char *rf_expr_words(struct rf_expr *e, uint32_t start, uint32_t end) {
    return rf_arena_copy(e->arena, e->text + start, end - start);
}

/* Not <ctype.h>: its answers depend on the locale. */
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int digit_of(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 16;
}

static bool read_digits(const char *at, const char *end, unsigned base, uint64_t *value, bool *malformed) {
    *value = 0;
    *malformed = at == end;
    for (; at < end; at++) {
        unsigned digit = (unsigned)digit_of(*at);
        if (digit >= base) {
            *malformed = true;
            return false;
        }
        if (__builtin_mul_overflow(*value, base, value) || __builtin_add_overflow(*value, digit, value)) return false;
    }
    return !*malformed;
}

static void number(struct rf_expr *e, struct rf_expr_token *t) {
    const char *at = e->text + t->start, *end = e->text + t->end;
    bool hex = t->end - t->start >= 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X'), malformed;
    t->kind = RF_TOK_NUMBER;
    if (!hex && t->end - t->start > 1 && at[0] == '0') {
        uint64_t octal;
        const char *help = "numbers are decimal, or hexadecimal with 0x";
        if (read_digits(at + 1, end, 8, &octal, &malformed))
            help = rf_arena_printf(e->arena, "write 0x%llx if octal is meant", (unsigned long long)octal);
        rf_expr_fail(e, t->start, t->end, "number with a leading zero", help);
    } else if (!read_digits(hex ? at + 2 : at, end, hex ? 16 : 10, &t->number, &malformed)) {
        rf_expr_fail(e, t->start, t->end, malformed ? "malformed number" : "number does not fit 64 bits",
                     malformed ? "numbers are decimal, or hexadecimal with 0x" : NULL);
    }
}

static enum rf_expr_kind keyword(const char *word, uint32_t length) {
    static const struct {
        const char *word;
        enum rf_expr_kind kind;
    } keywords[] = {{"and", RF_TOK_AND}, {"or", RF_TOK_OR}, {"not", RF_TOK_NOT}, {"in", RF_TOK_IN}};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strlen(keywords[i].word) == length && memcmp(keywords[i].word, word, length) == 0) return keywords[i].kind;
    return RF_TOK_NAME;
}

struct symbol {
    const char text[3];
    enum rf_expr_kind kind;
    const char *instead;
};

/* Longer ones first.  `instead`: not of this language. */
static const struct symbol symbols[] = {
    {"==", RF_TOK_EQ, NULL},      {"!=", RF_TOK_NE, NULL},   {"<=", RF_TOK_LE, NULL},   {">=", RF_TOK_GE, NULL},
    {"&&", RF_TOK_BAD, "and"},    {"||", RF_TOK_BAD, "or"},  {"..", RF_TOK_DOTS, NULL}, {"<", RF_TOK_LT, NULL},
    {">", RF_TOK_GT, NULL},       {"(", RF_TOK_OPEN, NULL},  {")", RF_TOK_CLOSE, NULL}, {"[", RF_TOK_LIST, NULL},
    {"]", RF_TOK_LIST_END, NULL}, {",", RF_TOK_COMMA, NULL}, {"&", RF_TOK_BITS, NULL},  {"|", RF_TOK_BAR, NULL},
    {"-", RF_TOK_MINUS, NULL},    {"=", RF_TOK_BAD, "=="},   {"!", RF_TOK_BAD, "not"},
};

static void symbol(struct rf_expr *e, struct rf_expr_token *t) {
    const char *at = e->text + t->start;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        size_t length = strlen(symbols[i].text);
        if (e->length - t->start < length || memcmp(symbols[i].text, at, length) != 0) continue;
        t->kind = symbols[i].kind;
        t->end = t->start + (uint32_t)length;
        if (symbols[i].instead)
            rf_expr_fail(e, t->start, t->end,
                         rf_arena_printf(e->arena, "'%s' is not an operator here", symbols[i].text),
                         rf_arena_printf(e->arena, "write '%s'", symbols[i].instead));
        return;
    }
    /* a character of several bytes is underlined as a whole */
    while (t->end < e->length && ((unsigned char)e->text[t->end] & 0xc0) == 0x80) t->end++;
    rf_expr_fail(e, t->start, t->end, "unexpected character", NULL);
}

void rf_expr_next(struct rf_expr *e) {
    if (e->failed) return;
    uint32_t at = e->token.end;
    e->last_end = at;
    while (at < e->length && (e->text[at] == ' ' || e->text[at] == '\t')) at++;
    struct rf_expr_token t = {RF_TOK_END, at, at, 0};
    if (at < e->length) {
        char c = e->text[at];
        t.end++;
        if (is_digit(c) || is_letter(c)) {
            while (t.end < e->length && (is_digit(e->text[t.end]) || is_letter(e->text[t.end]))) t.end++;
            t.kind = keyword(e->text + at, t.end - at);
            if (is_digit(c)) number(e, &t);
        } else {
            symbol(e, &t);
        }
    }
    if (e->failed) t.kind = RF_TOK_BAD;
    e->token = t;
}

/* Edits (insert, delete, replace, swap neighbours) from a to b, up to `limit`; names are short. */
static unsigned distance(const char *a, const char *b, unsigned limit) {
    enum { LONGEST = 48 };
    unsigned rows[3][LONGEST + 1];
    size_t m = strlen(a), n = strlen(b);
    if (m > LONGEST || n > LONGEST || m > n + limit || n > m + limit) return limit + 1;
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= n; j++) last[j] = (unsigned)j;
    for (size_t i = 1; i <= m; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= n; j++) {
            unsigned least = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < least) least = last[j] + 1;
            if (row[j - 1] + 1 < least) least = row[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && before[j - 2] + 1 < least) least = before[j - 2] + 1;
            row[j] = least;
        }
        unsigned *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[n];
}

const char *rf_expr_suggest(struct rf_expr *e, const char *word,
                            const char *(*next)(const struct rf_expr *e, size_t i)) {
    unsigned limit = (unsigned)(strlen(word) / 4) + 1, best = limit + 1;
    const char *found = NULL, *name;
    for (size_t i = 0; (name = next(e, i)); i++) {
        unsigned d = distance(word, name, limit);
        if (d >= best) continue;
        best = d;
        found = name;
    }
    return found ? rf_arena_printf(e->arena, "did you mean '%s'?", found) : NULL;
}
