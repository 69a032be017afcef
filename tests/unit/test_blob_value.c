/* SPDX-License-Identifier: Apache-2.0 */
/* What a parameter may be set to: every form, every near miss, and thousands of values made up of their bytes, judged by
 * inet_pton(3) as well. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "reader.h"

static bool takes(enum rf_param_type type, const char *value) {
    return rf_value_ok(type, value, type == RF_PARAM_NUMBER ? "0..18446744073709551615" : NULL);
}

/* Every value of a list, up to NULL. */
static void all(enum rf_param_type type, bool wanted, const char *const *values) {
    unsigned wrong = 0;
    for (; *values; values++) {
        if (takes(type, *values) == wanted) continue;
        print_error("type %u: '%s' is %s\n", type, *values, wanted ? "refused" : "taken");
        wrong++;
    }
    assert_int_equal(wrong, 0);
}
#define ALL(type, wanted, ...) all(RF_PARAM_##type, wanted, (const char *const[]){__VA_ARGS__, NULL})

static bool lies_within(enum rf_param_type type, const char *value, const char *under) {
    return rf_value_ok(type, value, under);
}

static void numbers(void **state) {
    (void)state;
    ALL(NUMBER, true, "0", "1", "10", "4096", "9223372036854775807", "18446744073709551615");
    ALL(NUMBER, false, "", " ", "-1", "+1", "01", "00", "1 ", " 1", "1\n", "0x10", "1e3", "1.0", "1,000", "a",
        "18446744073709551616", "99999999999999999999", "184467440737095516150", "max", "\xd9\xa1", "1KiB");
}

static void names_and_paths(void **state) {
    (void)state;
    ALL(NAME, true, "a", "0", "a.b_c-d", "A--", "1..");
    ALL(NAME, false, "", ".", "-a", "_", "a/b", "a b", "a\n", "\xc3\xa9");
    ALL(PATH, true, "/", "/a", "/a//b", "/a/", "/...");
    ALL(PATH, false, "", "a", "/.", "/..", "/a/./b", "/a/../b", "./a");
}

static void ipv4(void **state) {
    (void)state;
    ALL(IPV4, true, "0.0.0.0", "255.255.255.255", "10.66.0.1", "1.2.3.4");
    ALL(IPV4, false, "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1.2.3.",
        ".1.2.3", "1..2.3", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/8", "0x1.2.3.4", "1.2.3.-4", "1.2.3.4294967297", "::1",
        "1.2.3.4\n");
    ALL(IPV4_PREFIX, true, "0.0.0.0/0", "10.66.3.4/24", "1.2.3.4/32");
    ALL(IPV4_PREFIX, false, "1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/024", "1.2.3.4/-1", "1.2.3.4/8/8", "1.2.3/24",
        "/24", "1.2.3.4/ 8", "1.2.3.4/8 ", "::1/8", "1.2.3.4/255.0.0.0", "1.2.3.4/18446744073709551624");
}

static void ipv6(void **state) {
    (void)state;
    ALL(IPV6, true, "::", "::1", "1::", "fd00:66::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
        "ABCD::ef01", "0001:0:00::", "::1.2.3.4", "::ffff:10.0.0.1", "1:2:3:4:5:6:1.2.3.4", "1::2:3.4.5.6",
        "64:ff9b::1.2.3.4");
    ALL(IPV6, false, "", ":", ":1", "1:", ":::", "1:::2", "1::2::3", "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::8", "::1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8::", "g::", "::1 ", " ::1", "fe80::1%eth0", "[::1]",
        "1.2.3.4", "::1.2.3", "::1.2.3.4.5", "::1.2.3.256", "::01.2.3.4", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4",
        "::12345.1.1.1", "::1/64", "1:2", "::\n");
    ALL(IPV6_PREFIX, true, "::/0", "fd00:66::1/64", "::1/128", "::ffff:1.2.3.4/96");
    ALL(IPV6_PREFIX, false, "::1", "::1/", "::1/129", "::1/064", "::/", "fd00::1/64/64", "1.2.3.4/8", "::1%1/64");
}

static void within(void **state) {
    (void)state;
    assert_true(lies_within(RF_PARAM_IPV4, "10.66.255.255", "10.66.0.0/16"));
    assert_false(lies_within(RF_PARAM_IPV4, "10.67.0.0", "10.66.0.0/16"));
    assert_true(lies_within(RF_PARAM_IPV4, "10.66.0.127", "10.66.0.0/25"));
    assert_false(lies_within(RF_PARAM_IPV4, "10.66.0.128", "10.66.0.0/25"));
    assert_true(lies_within(RF_PARAM_IPV4, "1.2.3.4", "0.0.0.0/0"));
    assert_true(lies_within(RF_PARAM_IPV4, "1.2.3.4", "1.2.3.4/32"));
    assert_false(lies_within(RF_PARAM_IPV4, "1.2.3.5", "1.2.3.4/32"));
    assert_false(lies_within(RF_PARAM_IPV4, "1.2.3.4", "::/0"));
    assert_true(lies_within(RF_PARAM_IPV4_PREFIX, "10.66.3.4/24", "10.66.0.0/16"));
    assert_true(lies_within(RF_PARAM_IPV4_PREFIX, "10.66.3.4/16", "10.66.0.0/16"));
    assert_false(lies_within(RF_PARAM_IPV4_PREFIX, "10.66.3.4/15", "10.66.0.0/16"));
    assert_true(lies_within(RF_PARAM_IPV6, "fd00:66:ffff::", "fd00:66::/32"));
    assert_false(lies_within(RF_PARAM_IPV6, "fd00:67::", "fd00:66::/32"));
    assert_true(lies_within(RF_PARAM_IPV6, "::ffff:10.1.2.3", "::ffff:10.0.0.0/104"));
    assert_true(lies_within(RF_PARAM_IPV6_PREFIX, "fd00:66::1/64", "fd00:66::/32"));
    assert_false(lies_within(RF_PARAM_IPV6_PREFIX, "fd00:66::1/31", "fd00:66::/32"));
    assert_true(lies_within(RF_PARAM_IPV6, "fd00::2", "fd00::1/64")); /* bits behind a prefix count for nothing */
    assert_true(lies_within(RF_PARAM_NUMBER, "5", "5..5"));
    assert_true(lies_within(RF_PARAM_NUMBER, "18446744073709551615", "0..18446744073709551615"));
    assert_false(lies_within(RF_PARAM_NUMBER, "4", "5..6"));
    assert_false(lies_within(RF_PARAM_NUMBER, "7", "5..6"));
    assert_true(lies_within(RF_PARAM_PATH, "/srv", "/srv"));
    assert_true(lies_within(RF_PARAM_PATH, "/srv/a", "/srv"));
    assert_true(lies_within(RF_PARAM_PATH, "/a", "/"));
    assert_false(lies_within(RF_PARAM_PATH, "/srv2", "/srv"));
    assert_false(lies_within(RF_PARAM_PATH, "/sr", "/srv"));
    assert_false(lies_within(RF_PARAM_PATH, "/", "/srv"));
}

static void bounds(void **state) {
    (void)state;
    static const struct {
        enum rf_param_type type;
        const char *under;
        bool good;
    } cases[] = {
        {RF_PARAM_NUMBER, "0..0", true},
        {RF_PARAM_NUMBER, "0..18446744073709551615", true},
        {RF_PARAM_NUMBER, NULL, false},
        {RF_PARAM_NUMBER, "1..0", false},
        {RF_PARAM_NUMBER, "0-1", false},
        {RF_PARAM_NUMBER, "0..", false},
        {RF_PARAM_NUMBER, "..1", false},
        {RF_PARAM_NUMBER, "0. .1", false},
        {RF_PARAM_NUMBER, "0..1..2", false},
        {RF_PARAM_NAME, NULL, true},
        {RF_PARAM_NAME, "/srv", false},
        {RF_PARAM_PATH, NULL, true},
        {RF_PARAM_PATH, "/srv", true},
        {RF_PARAM_PATH, "/srv/", false},
        {RF_PARAM_IPV4, NULL, true},
        {RF_PARAM_IPV4, "10.0.0.0/8", true},
        {RF_PARAM_IPV4, "10.0.0.0", false},
        {RF_PARAM_IPV4, "10.0.0.1/8", true},
        {RF_PARAM_IPV4, "0.0.0.0/0", true},
        {RF_PARAM_IPV4, "fd00::/8", false},
        {RF_PARAM_IPV4_PREFIX, "10.0.0.0/8", true},
        {RF_PARAM_IPV6, "fd00::/8", true},
        {RF_PARAM_IPV6, "fd00::", false},
        {RF_PARAM_IPV6, "fd80::/129", false},
        {RF_PARAM_IPV6_PREFIX, "fd00::/8", true},
        {RF_PARAM_IPV6_PREFIX, "10.0.0.0/8", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t length = cases[i].under ? (uint32_t)strlen(cases[i].under) : 0;
        if (rf_value_bound_ok(cases[i].type, cases[i].under, length) != cases[i].good)
            fail_msg("type %u: %s", cases[i].type, cases[i].under ? cases[i].under : "none");
    }
}

static uint64_t seed = 20261124;
static unsigned chance(unsigned n) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed % n);
}

/* A value of a list with a byte or some changed, put in or taken out; or one all of such bytes. */
static void make_up(char *text, size_t most, const char *const *from, unsigned count, const char *bytes) {
    unsigned n = (unsigned)strlen(bytes);
    text[0] = '\0';
    if (chance(4) > 0) snprintf(text, most, "%s", from[chance(count)]);
    for (unsigned edits = 1 + chance(*text ? 3 : 20); edits > 0; edits--) {
        size_t length = strlen(text), at = chance((unsigned)length + 1);
        if (chance(3) == 0 && at < length)
            memmove(text + at, text + at + 1, length - at);
        else if (chance(2) && at < length)
            text[at] = bytes[chance(n)];
        else if (length + 1 < most)
            memmove(text + at + 1, text + at, length - at + 1), text[at] = bytes[chance(n)];
    }
}

/* inet_pton(3) takes the same addresses. */
static void agrees_about_made_up_addresses(void **state) {
    static const char *const four[] = {"10.66.0.1", "255.255.255.255", "0.0.0.0"};
    static const char *const six[] = {"fd00:66::1", "1:2:3:4:5:6:7:8",     "::ffff:1.2.3.4",
                                      "::",         "1:2:3:4:5:6:1.2.3.4", "a::b:c"};
    char text[64];
    uint8_t address[16];
    unsigned taken[2] = {0, 0};
    (void)state;
    for (unsigned i = 0; i < 400000; i++) {
        bool is_six = i % 2;
        make_up(text, sizeof text, is_six ? six : four, is_six ? 6 : 3,
                is_six ? "0123456789abcdefF:.::: g" : "0123456789. /x");
        bool theirs = inet_pton(is_six ? AF_INET6 : AF_INET, text, address) == 1;
        if (takes(is_six ? RF_PARAM_IPV6 : RF_PARAM_IPV4, text) != theirs)
            fail_msg("'%s': inet_pton says %s", text, theirs ? "yes" : "no");
        taken[is_six] += theirs;
    }
    assert_true(taken[0] > 1000 && taken[1] > 1000); /* both verdicts were seen often */
}

/* What is taken is printed as it was written: one spelling for one number. */
static void numbers_made_up(void **state) {
    static const char *const from[] = {"0", "65536", "18446744073709551615", "9223372036854775808"};
    char text[64], again[64];
    unsigned taken = 0;
    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        unsigned long long n = 0;
        make_up(text, sizeof text, from, 4, "0123456789 -+.x");
        if (!takes(RF_PARAM_NUMBER, text)) continue;
        assert_int_equal(sscanf(text, "%llu", &n), 1);
        snprintf(again, sizeof again, "%llu", n);
        assert_string_equal(text, again);
        taken++;
    }
    assert_true(taken > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(names_and_paths),
        cmocka_unit_test(ipv4),
        cmocka_unit_test(ipv6),
        cmocka_unit_test(within),
        cmocka_unit_test(bounds),
        cmocka_unit_test(agrees_about_made_up_addresses),
        cmocka_unit_test(numbers_made_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
