/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions: every production by its meaning, every error by its words and its bytes. */
#include "seccomp_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* an int, a 32-bit flag word, a pointer, a 16-bit mode, a 64-bit size and a 64-bit signed offset */
static const struct rf_syscall call = {.name = "example",
                                       .number = {1, 1, 1},
                                       .args = {true,
                                                6,
                                                {{"fd", 32, true, false},
                                                 {"flags", 32, false, false},
                                                 {"path", 64, false, true},
                                                 {"mode", 16, false, false},
                                                 {"size", 64, false, false},
                                                 {"offset", 64, true, false}}},
                                       .args32 = {true, 1, {{"size", 32, false, false}}}};
enum { FD, FLAGS, PATH, MODE, SIZE, OFFSET };
static const struct rf_syscall untyped = {.name = "odd", .number = {2, 2, 2}, .args = {false, 1, {{"x", 32, 0, 0}}}};
static const struct rf_syscall bare = {.name = "getpid", .number = {3, 3, 3}, .args = {.known = true}};

static struct rf_arena *arena;

static int setup(void **state) {
    (void)state;
    arena = rf_arena_new();
    return 0;
}
static int teardown(void **state) {
    (void)state;
    rf_arena_free(arena);
    return 0;
}

static const struct rf_cond *parse(const char *text) {
    struct rf_expr_error error = {0};
    const struct rf_cond *c = rf_expr_parse(arena, &call, RF_X86_64, text, &error);
    if (!c) print_error("%s: %u..%u: %s\n", text, error.start, error.end, error.message);
    assert_non_null(c);
    return c;
}

/* `text` holds for exactly those of the listed inputs that are marked. */
struct sample {
    int argument;
    uint64_t value;
    bool holds;
};
static void means(const char *text, size_t count, const struct sample *samples) {
    const struct rf_cond *c = parse(text);
    for (size_t i = 0; i < count; i++) {
        struct rf_seccomp_data d = {0};
        d.args[samples[i].argument] = samples[i].value;
        if (kit_holds(c, &d) != samples[i].holds) {
            print_error("%s with %#llx\n", text, (unsigned long long)samples[i].value);
            fail();
        }
    }
}
#define MEANS(text, ...)                                                                                               \
    do {                                                                                                               \
        const struct sample samples[] = {__VA_ARGS__};                                                                 \
        means(text, sizeof samples / sizeof *samples, samples);                                                        \
    } while (0)

static void comparisons(void **state) {
    (void)state;
    MEANS("fd == 3", {FD, 3, true}, {FD, 2, false}, {FD, 0x100000003, true});
    MEANS("fd != 3", {FD, 3, false}, {FD, 4, true});
    MEANS("fd < 3", {FD, 2, true}, {FD, 3, false}, {FD, 0xffffffff, true});
    MEANS("fd <= 3", {FD, 3, true}, {FD, 4, false}, {FD, 0x80000000, true});
    MEANS("fd > 3", {FD, 4, true}, {FD, 3, false}, {FD, 0xffffffff, false});
    MEANS("fd >= -1", {FD, 0xffffffff, true}, {FD, 0, true}, {FD, 0xfffffffe, false});
    MEANS("flags < 3", {FLAGS, 2, true}, {FLAGS, 0xffffffff, false});
    MEANS("mode > 0x7fff", {MODE, 0x8000, true}, {MODE, 0x17fff, false}, {MODE, 0x18000, true});
    MEANS("size >= 0x100000000", {SIZE, 0x100000000, true}, {SIZE, 0xffffffff, false});
    MEANS("offset < 0", {OFFSET, UINT64_MAX, true}, {OFFSET, 0, false}, {OFFSET, 0x80000000, false});
    MEANS("offset > -9223372036854775808", {OFFSET, 0x8000000000000000, false}, {OFFSET, 0x8000000000000001, true});
}

static void lists_and_ranges(void **state) {
    (void)state;
    MEANS("flags in [1]", {FLAGS, 1, true}, {FLAGS, 2, false});
    MEANS("flags in [1, 5,0x10 ]", {FLAGS, 1, true}, {FLAGS, 5, true}, {FLAGS, 16, true}, {FLAGS, 2, false});
    MEANS("not flags in [1, 5]", {FLAGS, 1, false}, {FLAGS, 2, true});
    MEANS("flags in 2..4", {FLAGS, 1, false}, {FLAGS, 2, true}, {FLAGS, 4, true}, {FLAGS, 5, false});
    MEANS("fd in -2..AF_INET", {FD, 0xfffffffe, true}, {FD, 2, true}, {FD, 3, false}, {FD, 0xfffffffd, false});
    MEANS("flags in 7..7", {FLAGS, 7, true}, {FLAGS, 8, false});
}

static void masks(void **state) {
    (void)state;
    MEANS("flags & 6", {FLAGS, 2, true}, {FLAGS, 4, true}, {FLAGS, 9, false});
    MEANS("flags & CLONE_NEWUSER|1", {FLAGS, 0x10000000, true}, {FLAGS, 1, true}, {FLAGS, 2, false});
    MEANS("(flags & 6) == 4", {FLAGS, 4, true}, {FLAGS, 6, false}, {FLAGS, 0xd, true});
    MEANS("(flags & 6) != 2|4", {FLAGS, 6, false}, {FLAGS, 2, true});
    MEANS("(flags & 6)", {FLAGS, 2, true}, {FLAGS, 8, false});
    MEANS("not (flags & 6) == 4", {FLAGS, 4, false}, {FLAGS, 2, true});
    MEANS("(fd & 0x80000000) == 0x80000000", {FD, 0xffffffff, true}, {FD, 1, false});
    MEANS("offset & 0x8000000000000000", {OFFSET, UINT64_MAX, true}, {OFFSET, 1, false});
}

static void logic(void **state) {
    (void)state;
    /* "and" binds closer than "or", "not" closest */
    MEANS("flags == 1 or flags == 2 and fd == 9", {FLAGS, 1, true}, {FLAGS, 2, false});
    MEANS("(flags == 1 or flags == 2) and fd == 0", {FLAGS, 1, true}, {FLAGS, 2, true}, {FLAGS, 3, false});
    MEANS("not flags == 1 and fd == 0", {FLAGS, 1, false}, {FLAGS, 2, true});
    MEANS("not (flags == 1 and fd == 0)", {FLAGS, 1, false}, {FD, 1, true});
    MEANS("not not flags == 1", {FLAGS, 1, true}, {FLAGS, 0, false});
    MEANS("((flags & 1 or (fd == 7)))", {FLAGS, 1, true}, {FD, 7, true}, {FLAGS, 2, false});
    MEANS("\tflags==1 or(fd==7)", {FLAGS, 1, true}, {FD, 7, true}, {FLAGS, 2, false});
}

static void values(void **state) {
    (void)state;
    MEANS("flags == 0", {FLAGS, 0, true});
    MEANS("flags == 0xFfffFFFF", {FLAGS, UINT32_MAX, true});
    MEANS("flags == 4294967295", {FLAGS, UINT32_MAX, true});
    MEANS("size == 18446744073709551615", {SIZE, UINT64_MAX, true});
    MEANS("size == ALL_ONES", {SIZE, UINT64_MAX, true});
    MEANS("size == BIG", {SIZE, (uint64_t)1 << 40, true});
    MEANS("fd == AT_FDCWD", {FD, 0xffffff9c, true}, {FD, (uint64_t)-100, true}, {FD, 100, false});
    MEANS("fd == -100", {FD, 0xffffff9c, true});
    MEANS("fd == - 0", {FD, 0, true});
    MEANS("fd == 0xffffffff", {FD, (uint64_t)-1, true}); /* a bit pattern, where order does not matter */
    MEANS("fd >= -2147483648", {FD, 0x80000000, true});
    MEANS("flags == AF_UNIX|AF_INET | 8", {FLAGS, 11, true}, {FLAGS, 1, false});
    struct rf_expr_error error;
    const struct rf_cond *c = rf_expr_parse(arena, &call, RF_AARCH64, "flags == AF_VSOCK", &error);
    assert_non_null(c);
    assert_int_equal(c->value, 41); /* constants are the machine's own */
}

static void fields(void **state) {
    (void)state;
    const struct rf_cond *c = parse("flags == 1 and (mode & 0x7) == 5 or not offset in -5..6");
    assert_int_equal(c->kind, RF_COND_OR);
    assert_int_equal(c->start, 0);
    assert_int_equal(c->end, 55);
    assert_int_equal(c->left->kind, RF_COND_AND);
    assert_int_equal(c->left->end, 32);
    const struct rf_cond *bits = c->left->right, *range = c->right->left;
    assert_int_equal(bits->kind, RF_COND_BITS_EQ);
    assert_int_equal(bits->argument, MODE);
    assert_int_equal(bits->width, 16);
    assert_false(bits->is_signed);
    assert_int_equal(bits->mask, 7);
    assert_int_equal(bits->value, 5);
    assert_int_equal(bits->start, 15);
    assert_int_equal(bits->end, 32);
    assert_int_equal(c->right->kind, RF_COND_NOT);
    assert_int_equal(c->right->start, 36);
    assert_int_equal(range->kind, RF_COND_RANGE);
    assert_int_equal(range->argument, OFFSET);
    assert_int_equal(range->width, 64);
    assert_true(range->is_signed);
    assert_true(range->value == (uint64_t)-5);
    assert_int_equal(range->high, 6);
    assert_int_equal(range->start, 40);
    assert_int_equal(range->end, 55);
    const struct rf_cond *list = parse("fd in [1, 22] or fd == -1");
    assert_int_equal(list->left->start, 0);
    assert_int_equal(list->left->end, 13);
    assert_int_equal(list->left->right->start, 10); /* each value of a list has its own bytes */
    assert_int_equal(list->left->right->end, 12);
    assert_true(list->right->value == 0xffffffff); /* cut to the width */
}

struct bad {
    const char *text, *marked; /* what is underlined; "" with `at` for a place */
    uint32_t at;
    const char *message, *help;
};

static void refused(const struct rf_syscall *of, const struct bad *b) {
    struct rf_expr_error error = {0};
    const struct rf_cond *c = rf_expr_parse(arena, of, RF_X86_64, b->text, &error);
    if (c) print_error("accepted: %s\n", b->text);
    assert_null(c);
    bool right = error.start == b->at && error.end == b->at + strlen(b->marked) &&
                 memcmp(b->text + b->at, b->marked, strlen(b->marked)) == 0;
    if (!right || strcmp(error.message, b->message) || !error.help != !b->help)
        print_error("%s: %u..%u: %s (%s)\n", b->text, error.start, error.end, error.message,
                    error.help ? error.help : "-");
    assert_true(right);
    assert_string_equal(error.message, b->message);
    if (b->help)
        assert_string_equal(error.help, b->help);
    else
        assert_null(error.help);
}

static void bad_arguments(void **state) {
    (void)state;
    static const char *order = "write the argument first, then what it is compared with";
    static const struct bad cases[] = {
        {"flag == 1", "flag", 0, "'example' has no argument 'flag'", "did you mean 'flags'?"},
        {"df == 1", "df", 0, "'example' has no argument 'df'", "did you mean 'fd'?"},
        {"flgas == 1", "flgas", 0, "'example' has no argument 'flgas'", "did you mean 'flags'?"},
        {"fd == 1 and sizee > 4", "sizee", 12, "'example' has no argument 'sizee'", "did you mean 'size'?"},
        {"domain == 1", "domain", 0, "'example' has no argument 'domain'",
         "it has: fd, flags, path, mode, size, offset"},
        {"path == 0", "path", 0, "'path' is a pointer", "a filter sees the address, not what is there"},
        {"not path", "path", 4, "'path' is a pointer", "a filter sees the address, not what is there"},
        {"fd == flags", "flags", 6, "'flags' is an argument, not a constant",
         "a condition compares an argument with constants"},
        {"== 3", "==", 0, "expected the name of an argument", NULL},
        {"fd == 1 and", "", 11, "expected the name of an argument", NULL},
        {"fd == 1 or )", ")", 11, "expected the name of an argument", NULL},
        {"and fd == 1", "and", 0, "expected the name of an argument", NULL},
        {"()", ")", 1, "expected the name of an argument", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) refused(&call, &cases[i]);
    refused(&call, &(struct bad){"3 == fd", "3", 0, "expected the name of an argument", order});
    refused(&untyped,
            &(struct bad){"x == 1", "x", 0, "the arguments of 'odd' on x86_64 cannot be tested",
                          "they are not the same there, or split over two registers: leave this ABI out with 'given'"});
    refused(&bare, &(struct bad){"pid == 1", "pid", 0, "'getpid' has no argument 'pid'", "it has none"});
}

static void bad_values(void **state) {
    (void)state;
    static const char *digits = "numbers are decimal, or hexadecimal with 0x";
    static const char *value = "a value is a number or the name of a constant";
    static const char *fd = "'fd' is an argument of 32 bits, signed",
                      *mode = "'mode' is an argument of 16 bits, unsigned";
    static const char *flags = "'flags' is an argument of 32 bits, unsigned";
    const struct bad cases[] = {
        {"flags == AF_UNIXX", "AF_UNIXX", 9, "unknown constant 'AF_UNIXX'", "did you mean 'AF_UNIX'?"},
        {"flags == af_unix", "af_unix", 9, "unknown constant 'af_unix'", NULL},
        {"flags in [1, NOTHING_LIKE_IT]", "NOTHING_LIKE_IT", 13, "unknown constant 'NOTHING_LIKE_IT'", NULL},
        {"flags == 0x100000000", "0x100000000", 9, "value does not fit 'flags'", flags},
        {"flags == BIG", "BIG", 9, "value does not fit 'flags'", flags},
        {"flags == 1|BIG or fd == 1", "1|BIG", 9, "value does not fit 'flags'", flags},
        {"mode & 0x10000", "0x10000", 7, "value does not fit 'mode'", mode},
        {"mode in 1..65536", "65536", 11, "value does not fit 'mode'", mode},
        {"mode in [3, 65536]", "65536", 12, "value does not fit 'mode'", mode},
        {"flags == -1", "-1", 9, "negative value for 'flags', which is unsigned", flags},
        {"flags == 1|-2", "1|-2", 9, "negative value for 'flags', which is unsigned", flags},
        {"flags == AT_FDCWD", "AT_FDCWD", 9, "negative value for 'flags', which is unsigned", flags},
        {"size > -1", "-1", 7, "negative value for 'size', which is unsigned",
         "'size' is an argument of 64 bits, unsigned"},
        {"fd == -2147483649", "-2147483649", 6, "value does not fit 'fd'", fd},
        {"fd == 4294967296", "4294967296", 6, "value does not fit 'fd'", fd},
        {"fd < 0x80000000", "0x80000000", 5, "value is above the greatest number of 'fd'", fd},
        {"fd in 1..4294967295", "4294967295", 9, "value is above the greatest number of 'fd'", fd},
        {"offset < 9223372036854775808", "9223372036854775808", 9, "value is above the greatest number of 'offset'",
         "'offset' is an argument of 64 bits, signed"},
        {"size == 18446744073709551616", "18446744073709551616", 8, "number does not fit 64 bits", NULL},
        {"size == 0x10000000000000000", "0x10000000000000000", 8, "number does not fit 64 bits", NULL},
        {"offset == -9223372036854775809", "-9223372036854775809", 10, "number does not fit 64 bits", NULL},
        {"mode == 0644", "0644", 8, "number with a leading zero", "write 0x1a4 if octal is meant"},
        {"mode == 09", "09", 8, "number with a leading zero", digits},
        {"mode == 0x", "0x", 8, "malformed number", digits},
        {"mode == 12ab", "12ab", 8, "malformed number", digits},
        {"mode == 0x1g", "0x1g", 8, "malformed number", digits},
        {"mode ==", "", 7, "expected a value", value},
        {"mode == )", ")", 8, "expected a value", value},
        {"mode == -", "", 9, "expected a number behind '-'", NULL},
        {"fd == -AF_UNIX", "AF_UNIX", 7, "expected a number behind '-'", NULL},
        {"fd == 1|", "", 8, "expected a value", value},
        {"(flags & 6) == 8", "8", 15, "the value has bits outside of the mask: never equal", "bits outside: 0x8"},
        {"(flags & 6) != 7 or fd == 1", "7", 15, "the value has bits outside of the mask: never equal",
         "bits outside: 0x1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) refused(&call, &cases[i]);
}

static void bad_structure(void **state) {
    (void)state;
    static const char *operators = "one of == != < <= > >= in &",
                      *junction = "expected 'and', 'or' or the end of the condition";
    const struct bad cases[] = {
        {"", "", 0, "empty condition", NULL},
        {"  ", "  ", 0, "empty condition", NULL},
        {"fd", "", 2, "expected an operator", operators},
        {"fd 3", "3", 3, "expected an operator", operators},
        {"fd <> 3", ">", 4, "expected a value", "a value is a number or the name of a constant"},
        {"fd not in [1]", "not", 3, "expected an operator", "write 'not fd in ...'"},
        {"fd = 3", "=", 3, "'=' is not an operator here", "write '=='"},
        {"fd == 3 && fd == 4", "&&", 8, "'&&' is not an operator here", "write 'and'"},
        {"fd == 3 || fd == 4", "||", 8, "'||' is not an operator here", "write 'or'"},
        {"!fd == 3", "!", 0, "'!' is not an operator here", "write 'not'"},
        {"fd == 3 fd == 4", "fd", 8, junction, NULL},
        {"fd == 3)", ")", 7, junction, NULL},
        {"fd == 3 ~ 4", "~", 8, "unexpected character", NULL},
        {"fd == \xe2\x89\xa4 4", "\xe2\x89\xa4", 6, "unexpected character", NULL},
        {"fd == 3\n", "\n", 7, "unexpected character", NULL},
        {"(fd == 3", "", 8, "expected ')'", NULL},
        {"(fd == 3]", "]", 8, "expected ')'", NULL},
        {"fd in []", "[]", 6, "empty list", NULL},
        {"fd in [ ] ", "[ ]", 6, "empty list", NULL},
        {"fd in [1", "", 8, "expected ',' or ']' in a list", NULL},
        {"fd in [1 2]", "2", 9, "expected ',' or ']' in a list", NULL},
        {"fd in [1,]", "]", 9, "expected a value", "a value is a number or the name of a constant"},
        {"fd in 1", "1", 6, "expected a list or a range behind 'in'", "write 'in [1, 2]' or 'in 1..2'"},
        {"fd in 5..4", "5..4", 6, "the range is empty: its low end is above its high end", NULL},
        {"fd in 0 .. -1", "0 .. -1", 6, "the range is empty: its low end is above its high end", NULL},
        {"flags & 1 == 1", "==", 10, "comparison of a mask without parentheses", "write '(flags & 1) == ...'"},
        {"flags & 1 != 1", "!=", 10, "comparison of a mask without parentheses", "write '(flags & 1) != ...'"},
        {"(fd == 1) == 1", "==", 10, "only '(argument & mask)' can be compared", NULL},
        {"((flags & 1)) == 1", "==", 14, "only '(argument & mask)' can be compared", NULL},
        {"(flags & 1 or fd == 1) != 1", "!=", 23, "only '(argument & mask)' can be compared", NULL},
        {"(not flags & 1) == 1", "==", 16, "only '(argument & mask)' can be compared", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) refused(&call, &cases[i]);
}

static char *repeat(const char *before, const char *piece, size_t count, const char *after) {
    size_t length = strlen(before) + count * strlen(piece) + strlen(after) + 1;
    char *text = rf_arena_alloc(arena, length), *at = text;
    at = stpcpy(at, before);
    for (size_t i = 0; i < count; i++) at = stpcpy(at, piece);
    stpcpy(at, after);
    return text;
}

static void limits(void **state) {
    (void)state;
    parse(repeat("", "(", 32, repeat("fd == 1", ")", 32, "")));
    refused(&call, &(struct bad){repeat("", "(", 33, "fd == 1"), "(", 32, "nested deeper than 32", NULL});
    parse(repeat("", "not ", 32, "fd == 1"));
    refused(&call, &(struct bad){repeat("", "not ", 33, "fd == 1"), "not", 128, "nested deeper than 32", NULL});
    parse(repeat("", "(fd == 1) or ", 100, "fd == 2")); /* side by side is not nested */

    parse(repeat("fd == 0", " or fd == 1", 255, ""));
    refused(&call,
            &(struct bad){repeat("fd == 0", " or fd == 1", 256, ""), "fd == 1", 7 + 255 * 11 + 4,
                          "more than 256 tests in one condition", "split it into several rules, or use a range"});
    parse(repeat("fd in [0", ",1", 255, "]"));
    refused(&call,
            &(struct bad){repeat("fd in [0", ",1", 256, "]"), "1", 8 + 255 * 2 + 1,
                          "more than 256 tests in one condition", "split it into several rules, or use a range"});
    refused(&call,
            &(struct bad){repeat("fd == 1", " ", 65530, ""), "", 65536, "condition longer than 65536 bytes", NULL});
}

/* Random bytes and random tokens: an answer with a range inside the text, whatever comes. */
static void any_text(void **state) {
    (void)state;
    static const char *tokens[] = {"fd",  "flags", "mode", "size", "offset", "path",    "==",  "!=", "<", "<=",  ">",
                                   ">=",  "in",    "[",    "]",    ",",      "..",      "&",   "|",  "-", "(",   ")",
                                   "not", "and",   "or",   "1",    "0x10",   "AF_UNIX", "007", "$",  " ", "\xc3"};
    static const char *tests[] = {"fd == 1", "not size in 3..9", "(flags & 3) == 1"};
    enum { TOKENS = sizeof tokens / sizeof *tokens };
    struct kit kit = {.state = 4711};
    size_t accepted = 0;
    for (int i = 0; i < 100000; i++) {
        if (i % 1000 == 0) {
            rf_arena_free(arena);
            arena = rf_arena_new();
        }
        char text[256] = "";
        size_t length = 0;
        for (uint32_t n = kit_below(&kit, 9); n > 0; n--) {
            const char *token = tokens[kit_below(&kit, TOKENS)];
            if (n % 2 == 0 && kit_below(&kit, 4)) token = kit_below(&kit, 2) ? "and" : "or";
            if (n % 2 == 1 && kit_below(&kit, 4)) token = tests[kit_below(&kit, 3)];
            length += (size_t)snprintf(text + length, sizeof text - length, "%s ", token);
        }
        for (uint32_t n = kit_below(&kit, 8) ? 0 : 3; n > 0 && length; n--)
            text[kit_below(&kit, (uint32_t)length)] = (char)(1 + kit_below(&kit, 255));
        struct rf_expr_error error = {NULL, NULL, UINT32_MAX, UINT32_MAX};
        const struct rf_cond *c = rf_expr_parse(arena, &call, (enum rf_machine)(i % RF_MACHINES), text, &error);
        if (c) {
            accepted++;
            assert_true(c->start <= c->end && c->end <= length);
        } else {
            assert_non_null(error.message);
            assert_true(error.start <= error.end && error.end <= length);
        }
    }
    assert_true(accepted > 1000);
    print_message("%zu of 100000 texts are conditions\n", accepted);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(comparisons),   TEST(lists_and_ranges), TEST(masks),         TEST(logic),  TEST(values),  TEST(fields),
        TEST(bad_arguments), TEST(bad_values),       TEST(bad_structure), TEST(limits), TEST(any_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
