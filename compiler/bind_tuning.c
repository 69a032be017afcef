/* SPDX-License-Identifier: Apache-2.0 */
/* Values of process attributes and sysctls: words with a number, ranges of numbers, a mapping of sysctls. */
#include "bind.h"
#include "names.h"

#include <inttypes.h>
#include <string.h>

static const char *scalar_of(struct bind *b, const struct node *node, const char *expected) {
    if (node->kind == NODE_SCALAR && !rf_tree_is_null(node) && node->length > 0) return node->text;
    rf_bind_wrong_type(b, node, expected);
    return NULL;
}

/* The number of "word(5)", which stands behind the word in `at`; `range` is the "(0..7)" of the spec. */
static bool graded_number(struct bind *b, const struct node *node, const char *range, const char *at, int64_t *number) {
    uint64_t low, high, n;
    const char *end;
    rf_scalar_decimal(range + 1, &end, &low);
    rf_scalar_decimal(end + 2, &end, &high);
    if (*at != '(' || !rf_scalar_decimal(at + 1, &end, &n) || strcmp(end, ")") != 0) {
        struct diag *d = rf_diag(b->c->diags, D_BAD_CHOICE, node->at, "'%s' lacks its number", node->text);
        rf_diag_label(b->c->diags, d, "write it as %.*s(%" PRIu64 "), from %" PRIu64 " to %" PRIu64,
                      (int)strcspn(node->text, "("), node->text, low, low, high);
        return false;
    }
    if (n < low || n > high) {
        rf_diag(b->c->diags, D_OUT_OF_RANGE, node->at, "%" PRIu64 " is outside %" PRIu64 "..%" PRIu64, n, low, high);
        return false;
    }
    *number = (int64_t)n;
    return true;
}

bool rf_graded_bind(struct bind *b, const struct key_info *key, const struct node *node, struct value *value) {
    const char *choices = rf_scalar_choices(b->c->arena, key->spec);
    const char *text = scalar_of(b, node, rf_arena_printf(b->c->arena, "one of %s", choices));
    if (!text) return false;
    struct guess guess;
    rf_guess_init(&guess, text, strcspn(text, "("));
    for (const char *word = key->spec; *word; value->num++) {
        size_t all = strcspn(word, "|"), n = strcspn(word, "|(");
        if (strncmp(text, word, n) == 0 && (text[n] == '(' || !text[n])) {
            value->text = text;
            if (n < all) return graded_number(b, node, word + n, text + n, &value->snum);
            if (!text[n]) return true;
        }
        rf_guess_try(&guess, rf_arena_copy(b->c->arena, word, n));
        word += all + (word[all] == '|');
    }
    struct diag *d = rf_diag(b->c->diags, D_BAD_CHOICE, node->at, "'%s' is not one of %s", text, choices);
    if (guess.best && strchr(text, '(') == NULL) rf_diag_label(b->c->diags, d, "did you mean '%s'?", guess.best);
    return false;
}

static bool bad_ranges(struct bind *b, const struct node *node, const char *help) {
    struct diag *d =
        rf_diag(b->c->diags, D_NOT_A_NUMBER, node->at, "'%s' is not a list of numbers such as 0-3,8", node->text);
    if (help) rf_diag_help(b->c->diags, d, "%s", help);
    return false;
}

/* "0-3,8": ranges that touch are one, so that a set has one form. */
bool rf_ranges_bind(struct bind *b, const struct key_info *key, const struct node *node, struct value *value) {
    uint64_t least, most, low, high;
    const char *end, *at = scalar_of(b, node, "one text such as 0-3,8");
    if (!at) return false;
    rf_scalar_decimal(key->spec, &end, &least);
    rf_scalar_decimal(end + 2, &end, &most);
    for (;; at = end + 1) {
        if (!rf_scalar_decimal(at, &end, &low)) return bad_ranges(b, node, NULL);
        high = low;
        if (*end == '-' && !rf_scalar_decimal(end + 1, &end, &high)) return bad_ranges(b, node, NULL);
        if (low < least || high > most) {
            rf_diag(b->c->diags, D_OUT_OF_RANGE, node->at, "%" PRIu64 " is outside %" PRIu64 "..%" PRIu64,
                    high > most ? high : low, least, most);
            return false;
        }
        struct item *last = value->count ? &value->items[value->count - 1] : NULL;
        if (low > high || (last && low <= last->high))
            return bad_ranges(b, node, "numbers ascend, and none is there twice");
        if (last && low == last->high + 1) {
            last->high = high;
        } else {
            struct item item = {.at = node->at, .origin = b->file, .low = low, .high = high};
            RF_PUSH(b->c->arena, value->items, value->count, item);
        }
        if (*end == 0) break;
        if (*end != ',') return bad_ranges(b, node, NULL);
    }
    for (size_t i = 0; i < value->count; i++)
        value->items[i].name =
            rf_arena_printf(b->c->arena, "%" PRIu64 "-%" PRIu64, value->items[i].low, value->items[i].high);
    return true;
}

/* ---- sysctls ---- */

/* As sysctl(8) reads it: the first of '.' and '/' is what separates, the other stands for the first in a component. The
 * path below /proc/sys, or NULL. */
static const char *sysctl_path(struct rf_arena *arena, const char *name) {
    size_t n = strlen(name), part = 0;
    bool dots = name[strcspn(name, "./")] == '.', several = false;
    char *path = rf_arena_copy(arena, name, n);
    if (n > 255) return NULL;
    for (size_t i = 0; i <= n; i++) {
        if (dots && (path[i] == '.' || path[i] == '/')) path[i] = path[i] == '.' ? '/' : '.';
        if (path[i] == '/' || path[i] == 0) {
            bool up = i - part <= 2 && strspn(path + part, ".") == i - part; /* empty, too */
            if (up) return NULL;
            several = several || path[i] == '/';
            part = i + 1;
        } else if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:@", path[i])) {
            return NULL;
        }
    }
    return several ? path : NULL;
}

static bool is_settable(struct bind *b, const struct node *key, const char *path) {
    enum sysctl_owner owner = rf_name_sysctl(path);
    if (owner != SYSCTL_HOST && owner != SYSCTL_HOSTNAME && owner != SYSCTL_DOMAINNAME) return true;
    struct diag *d = rf_diag(b->c->diags, D_NOT_NAMESPACED, key->at, "'%s' cannot be set for one program", key->text);
    if (owner == SYSCTL_HOST)
        rf_diag_help(
            b->c->diags, d,
            "it has one value for the whole host; sysctls that can be set are net.*, kernel.msg*, kernel.sem*, "
            "kernel.shm*, fs.mqueue.* and user.max_*");
    else
        rf_diag_help(b->c->diags, d, "write the key %s", owner == SYSCTL_HOSTNAME ? "hostname" : "domainname");
    return false;
}

/* Printable, blanks as the enforcer will compare them: single, none at the ends. */
static const char *sysctl_value(struct bind *b, const struct node *node) {
    if (!rf_scalar_text(b, "text", node)) return NULL;
    char *value = rf_arena_copy(b->c->arena, node->text, node->length), *to = value;
    for (const char *c = node->text; *c; c++) {
        if (*c == ' ' || *c == '\t') {
            if (to > value && to[-1] != ' ') *to++ = ' ';
        } else if (*c > ' ' && *c < 0x7f) {
            *to++ = *c;
        } else {
            rf_diag(b->c->diags, D_WRONG_TYPE, node->at, "the value of a sysctl is printable ASCII on one line");
            return NULL;
        }
    }
    if (to > value && to[-1] == ' ') to--;
    *to = 0;
    if (*value) return value;
    rf_bind_wrong_type(b, node, "the value of a sysctl");
    return NULL;
}

static bool bind_sysctl(struct bind *b, const struct node *key, const struct node *node, struct value *value) {
    const char *path = sysctl_path(b->c->arena, key->text);
    if (!path) {
        struct diag *d = rf_diag(b->c->diags, D_BAD_NAME, key->at, "'%s' is not the name of a sysctl", key->text);
        rf_diag_help(b->c->diags, d, "write it as sysctl(8) does: net.ipv4.ip_forward, or net/ipv4/ip_forward");
        return false;
    }
    struct item item = {.name = path, .at = node->at, .origin = b->file, .gone = rf_tree_is_null(node)};
    const struct item *old = rf_item_find(value, path);
    if (old) {
        struct diag *d = rf_diag(b->c->diags, D_DUPLICATE_KEY, key->at, "'%s' is set twice", key->text);
        rf_diag_other(b->c->diags, d, old->at, "first set here");
        return false;
    }
    if (!is_settable(b, key, path)) return false;
    if (!item.gone && !(item.text = sysctl_value(b, node))) return false;
    RF_PUSH(b->c->arena, value->items, value->count, item);
    return true;
}

bool rf_sysctls_bind(struct bind *b, const struct node *node, struct value *value) {
    bool good = true;
    if (node->kind != NODE_MAP) {
        rf_bind_wrong_type(b, node, "a mapping of sysctls to values");
        return false;
    }
    for (size_t i = 0; i < node->count; i++)
        good = bind_sysctl(b, node->pairs[i].key, node->pairs[i].value, value) && good;
    return good;
}
