/* SPDX-License-Identifier: Apache-2.0 */
/* Strings: the search for a repeated one, and what makes a path, a name and a parameter's value. */
#include "reader.h"

static uint32_t hash(const char *text, uint32_t length) {
    uint32_t h = 2166136261u; /* FNV-1a */
    for (uint32_t i = 0; i < length; i++) h = (h ^ (uint8_t)text[i]) * 16777619u;
    return h ^ h >> 15;
}

bool rf_text_find(struct rf_seen *seen, const char *pool, uint32_t used, const char *text, uint32_t length,
                  uint32_t *at) {
    uint32_t bit = hash(text, length) % (sizeof seen->bits * 8);
    uint64_t mask = UINT64_C(1) << bit % 64;
    if (!(seen->bits[bit / 64] & mask)) {
        seen->bits[bit / 64] |= mask;
        return false;
    }
    for (uint32_t start = 0, end; start < used; start = end + 1) {
        for (end = start; end < used && pool[end]; end++) {
        }
        if (end - start != length || __builtin_memcmp(pool + start, text, length) != 0) continue;
        if (at) *at = start;
        return true;
    }
    return false;
}

/* A path read piece by piece. */
struct path {
    uint32_t length;    /* so far */
    uint32_t component; /* bytes of the last component */
    bool dots;          /* the last component has only dots so far */
    bool bad;
};

static bool component_bad(const struct path *p) {
    return p->component == 0 || (p->dots && p->component <= 2);
}

static void read_piece(struct path *p, const char *text, uint32_t length) {
    for (uint32_t i = 0; i < length; i++, p->length++) {
        if (text[i] == '/') {
            if (p->length > 0 && component_bad(p)) p->bad = true;
            p->component = 0;
            p->dots = true;
        } else {
            if (p->length == 0) p->bad = true;
            p->component++;
            if (text[i] != '.') p->dots = false;
        }
    }
}

static bool path_good(const struct path *p) {
    if (p->bad || p->length == 0) return false;
    return p->length == 1 || !component_bad(p);
}

bool rf_text_is_path(const char *text, uint32_t length) {
    struct path p = {0};
    read_piece(&p, text, length);
    return path_good(&p);
}

bool rf_text_is_name(const char *text, uint32_t length) {
    if (length == 0 || (length <= 2 && text[0] == '.' && text[length - 1] == '.')) return false;
    for (uint32_t i = 0; i < length; i++) {
        if (text[i] == '/') return false;
    }
    return true;
}

bool rf_text_gives_path(const struct rf_view *v, const struct rf_text *text) {
    const char *prefix = rf_view_string(v, text->prefix), *suffix = rf_view_string(v, text->suffix);
    if (text->parameter == RF_NONE) return prefix && rf_text_is_path(prefix, text->prefix.length);
    const struct rf_parameter *parameter = RF_RECORD(v, PARAMETERS, struct rf_parameter, text->parameter);
    if (parameter->type == RF_PARAM_PATH) {
        if (prefix) return false;
        return !suffix || (text->suffix.length > 1 && rf_text_is_path(suffix, text->suffix.length));
    }
    /* A name starts with a letter or digit and has no slash: any of them makes as good a component as "x". */
    struct path p = {0};
    if (prefix) read_piece(&p, prefix, text->prefix.length);
    read_piece(&p, "x", 1);
    if (suffix) read_piece(&p, suffix, text->suffix.length);
    return path_good(&p) && p.length - 1 + parameter->max_length <= RF_STRING_MAX;
}

static bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool name_value_ok(const char *value, uint32_t length) {
    if (length == 0 || !is_alphanumeric(value[0])) return false;
    for (uint32_t i = 1; i < length; i++) {
        if (!is_alphanumeric(value[i]) && value[i] != '.' && value[i] != '_' && value[i] != '-') return false;
    }
    return true;
}

/* Looser than rf_text_is_path(): a person typing a value may double a slash. */
static bool path_value_ok(const char *value, uint32_t length) {
    if (length == 0 || value[0] != '/') return false;
    for (uint32_t start = 0, end; start < length; start = end + 1) {
        for (end = start; end < length && value[end] != '/'; end++) {
            if (!value[end]) return false;
        }
        uint32_t n = end - start;
        if ((n == 1 || n == 2) && value[start] == '.' && value[end - 1] == '.') return false;
    }
    return true;
}

bool rf_view_value_ok(const struct rf_view *v, const struct rf_parameter *parameter, const char *value, size_t length) {
    if (length > parameter->max_length) return false;
    uint32_t n = (uint32_t)length;
    if (parameter->type == RF_PARAM_NAME) return name_value_ok(value, n);
    if (!path_value_ok(value, n)) return false;
    const char *under = rf_view_string(v, parameter->under);
    if (!under || parameter->under.length == 1) return true; /* anything is beneath "/" */
    uint32_t u = parameter->under.length;
    return n >= u && __builtin_memcmp(value, under, u) == 0 && (n == u || value[u] == '/');
}
