/* SPDX-License-Identifier: Apache-2.0 */
/* Strings: the search for a repeated one, and what makes a path and a name. */
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
    if (parameter->type > RF_PARAM_NUMBER) return false;
    /* A name starts with a letter or digit and has no slash: any of them makes as good a component as "x".  So does a number. */
    struct path p = {0};
    if (prefix) read_piece(&p, prefix, text->prefix.length);
    read_piece(&p, "x", 1);
    if (suffix) read_piece(&p, suffix, text->suffix.length);
    return path_good(&p) && p.length - 1 + parameter->max_length <= RF_STRING_MAX;
}
