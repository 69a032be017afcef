/* SPDX-License-Identifier: Apache-2.0 */
/* What the value of a parameter may be: the form of its type, then its bound.  One parser for the default that a
 * policy states and for what a launch says. */
#include "reader.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

static bool name_ok(const char *value) {
    const char *p = value;
    while (is_alphanumeric(*p) || (p > value && (*p == '.' || *p == '_' || *p == '-'))) p++;
    return p > value && *p == '\0';
}

static bool ends(char c) {
    return c == '/' || c == '\0';
}

/* Looser than rf_text_is_path(): a person typing a value may double a slash. */
static bool path_ok(const char *value) {
    if (*value != '/') return false;
    for (; *value; value++) {
        if (*value == '/' && value[1] == '.' && (ends(value[2]) || (value[2] == '.' && ends(value[3])))) return false;
    }
    return true;
}

bool rf_value_number(const char **at, uint64_t *number) {
    const char *p = *at;
    uint64_t n = 0;
    if (!is_digit(*p) || (*p == '0' && is_digit(p[1]))) return false;
    for (; is_digit(*p); p++) {
        if (__builtin_mul_overflow(n, 10u, &n) || __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n)) return false;
    }
    *at = p;
    *number = n;
    return true;
}

static bool read_ipv4(const char **at, uint8_t *bytes) {
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t n;
        if (i > 0 && *(*at)++ != '.') return false;
        if (!rf_value_number(at, &n) || n > 255) return false;
        bytes[i] = (uint8_t)n;
    }
    return true;
}

static uint32_t hex(char c) {
    if (is_digit(c)) return (uint32_t)(c - '0');
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10) : 16;
}

/* Any text form of RFC 4291, section 2.2; no zone.  "::" stands before byte `gap`. */
static bool read_ipv6(const char **at, uint8_t *bytes) {
    const char *p = *at;
    uint32_t n = 0, gap = 17, d;
    if (*p == ':' && *++p != ':') return false;
    while (n < 16) {
        bool opened = *p == ':' && gap > 16;
        if (opened) gap = n, p++;
        const char *group = p;
        uint32_t value = 0;
        for (; p - group < 4 && (d = hex(*p)) < 16; p++) value = value << 4 | d;
        if (p == group && opened) break; /* nothing behind the "::" */
        if (p == group) return false;
        if (*p == '.') { /* the last four bytes, in the other notation */
            if (n > 12 || (p = group, !read_ipv4(&p, bytes + n))) return false;
            n += 4;
            break;
        }
        bytes[n++] = (uint8_t)(value >> 8);
        bytes[n++] = (uint8_t)value;
        if (n == 16 || *p != ':') break;
        p++;
    }
    *at = p;
    uint32_t zeros = 16 - n; /* at least one group: "::" for none is no form of RFC 4291 */
    if (gap > 16) return zeros == 0;
    for (uint32_t i = 16; i-- > gap;) bytes[i] = i - gap >= zeros ? bytes[i - zeros] : 0;
    return zeros > 0;
}

struct address {
    uint8_t bytes[16];
    uint32_t bits; /* of its prefix, all of them without one */
};

static bool is_six(enum rf_param_type type) {
    return type & 1;
}
/* The type of its family with a prefix length. */
static enum rf_param_type prefix_of(enum rf_param_type type) {
    return type | 2;
}
_Static_assert(RF_PARAM_IPV4 == 4 && RF_PARAM_IPV6 == 5 && RF_PARAM_IPV4_PREFIX == 6 && RF_PARAM_IPV6_PREFIX == 7,
               "is_six(), prefix_of()");

static bool read_address(enum rf_param_type type, const char *text, struct address *a) {
    uint64_t bits = is_six(type) ? 128 : 32, most = bits;
    if (!(is_six(type) ? read_ipv6 : read_ipv4)(&text, a->bytes)) return false;
    if (type >= RF_PARAM_IPV4_PREFIX && (*text++ != '/' || !rf_value_number(&text, &bits) || bits > most)) return false;
    a->bits = (uint32_t)bits;
    return *text == '\0';
}

static bool within(const struct address *a, const struct address *prefix) {
    if (a->bits < prefix->bits) return false;
    for (uint32_t i = 0; i < prefix->bits; i++) {
        if ((a->bytes[i / 8] ^ prefix->bytes[i / 8]) << i % 8 & 0x80) return false;
    }
    return true;
}

bool rf_value_range(const char *under, uint64_t *least, uint64_t *most) {
    if (!rf_value_number(&under, least) || under[0] != '.' || under[1] != '.') return false;
    under += 2;
    return rf_value_number(&under, most) && *under == '\0' && *least <= *most;
}

bool rf_value_bound_ok(enum rf_param_type type, const char *under, uint32_t length) {
    struct address prefix;
    uint64_t least, most;
    if (type == RF_PARAM_NUMBER) return under && rf_value_range(under, &least, &most);
    if (!under) return true;
    if (type == RF_PARAM_PATH) return rf_text_is_path(under, length);
    return type != RF_PARAM_NAME && read_address(prefix_of(type), under, &prefix);
}

static bool below(const char *value, const char *under) {
    uint32_t u = 0;
    while (under[u] && under[u] == value[u]) u++;
    return !under[u] && (u == 1 || ends(value[u])); /* 1: anything is beneath "/" */
}

bool rf_value_ok(enum rf_param_type type, const char *value, const char *under) {
    struct address a, prefix;
    uint64_t n, least, most;
    if (type == RF_PARAM_NAME) return name_ok(value);
    if (type == RF_PARAM_PATH) return path_ok(value) && (!under || below(value, under));
    if (type == RF_PARAM_NUMBER)
        return rf_value_number(&value, &n) && *value == '\0' && rf_value_range(under, &least, &most) && n >= least &&
               n <= most;
    if (!read_address(type, value, &a)) return false;
    return !under || (read_address(prefix_of(type), under, &prefix) && within(&a, &prefix));
}

bool rf_view_value_ok(const struct rf_view *v, const struct rf_parameter *parameter, const char *value, size_t length) {
    return length <= parameter->max_length && rf_value_ok(parameter->type, value, rf_view_string(v, parameter->under));
}
