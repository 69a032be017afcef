/* SPDX-License-Identifier: Apache-2.0 */
#include "bind.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void rf_bind_wrong_type(struct bind *b, const struct node *node, const char *expected) {
    static const char *const kinds[] = {"a single value", "a list", "a mapping"};
    if (rf_tree_is_null(node))
        rf_diag(b->c->diags, D_NULL_VALUE, node->at, "null where %s is needed", expected);
    else if (node->kind == NODE_SCALAR)
        rf_diag(b->c->diags, D_WRONG_TYPE, node->at, "'%s' is not %s", node->text, expected);
    else
        rf_diag(b->c->diags, D_WRONG_TYPE, node->at, "%s was written where %s is expected", kinds[node->kind],
                expected);
}

static bool scalar_only(struct bind *b, const struct node *node, const char *expected) {
    if (node->kind == NODE_SCALAR && !rf_tree_is_null(node)) return true;
    rf_bind_wrong_type(b, node, expected);
    return false;
}

/* Strict decimal without sign or leading zero; stops at the first other character. */
bool rf_scalar_decimal(const char *text, const char **end, uint64_t *number) {
    if (*text < '0' || *text > '9' || (text[0] == '0' && text[1] >= '0' && text[1] <= '9')) return false;
    uint64_t n = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (n > (UINT64_MAX - digit) / 10) return false;
        n = n * 10 + digit;
    }
    *end = text;
    *number = n;
    return true;
}

void rf_scalar_range(const char *spec, uint64_t *low, uint64_t *high, bool *allow_max) {
    char *dots;
    *low = strtoull(spec, &dots, 10);
    *high = strtoull(dots + 2, &dots, 10);
    *allow_max = *dots == '|';
}

bool rf_scalar_number(struct bind *b, const struct node *node, uint64_t low, uint64_t high, bool allow_max,
                      uint64_t *number) {
    if (!scalar_only(b, node, "a number")) return false;
    if (allow_max && node->plain && strcmp(node->text, "max") == 0) {
        *number = RF_UNLIMITED;
        return true;
    }
    const char *end;
    uint64_t n;
    if (node->plain && node->text[0] != '0' && node->length > 19 && strspn(node->text, "0123456789") == node->length)
        n = UINT64_MAX; /* a number indeed, but one that 64 bits may not hold */
    else if (!node->plain || !rf_scalar_decimal(node->text, &end, &n) || *end) {
        struct diag *d =
            rf_diag(b->c->diags, D_NOT_A_NUMBER, node->at, "'%s' is not a plain decimal number", node->text);
        if (!node->plain) rf_diag_help(b->c->diags, d, "write it without quotes");
        if (node->plain && node->text[0] == '0' && node->text[1] >= '0' && node->text[1] <= '9')
            rf_diag_help(b->c->diags, d, "leading zeros make it octal for some readers: leave them out");
        return false;
    }
    if (n < low || n > high) {
        rf_diag(b->c->diags, D_OUT_OF_RANGE, node->at, "%s is outside %" PRIu64 "..%" PRIu64, node->text, low, high);
        return false;
    }
    *number = n;
    return true;
}

static bool bind_signed(struct bind *b, const char *spec, const struct node *node, int64_t *number) {
    if (!scalar_only(b, node, "a number")) return false;
    char *dots;
    int64_t low = strtoll(spec, &dots, 10), high = strtoll(dots + 2, NULL, 10);
    bool negative = node->text[0] == '-';
    const char *end;
    uint64_t n;
    if (!node->plain || !rf_scalar_decimal(node->text + negative, &end, &n) || *end || n > INT32_MAX) {
        struct diag *d =
            rf_diag(b->c->diags, D_NOT_A_NUMBER, node->at, "'%s' is not a plain decimal number", node->text);
        if (!node->plain) rf_diag_help(b->c->diags, d, "write it without quotes");
        return false;
    }
    int64_t value = negative ? -(int64_t)n : (int64_t)n;
    if (value < low || value > high) {
        rf_diag(b->c->diags, D_OUT_OF_RANGE, node->at, "%s is outside %" PRId64 "..%" PRId64, node->text, low, high);
        return false;
    }
    *number = value;
    return true;
}

struct unit {
    const char *name;
    uint64_t factor;
    const char *kind; /* "B" bytes, "B/s" bytes per second, "s" seconds, "ms", "us", "ns" parts of one */
};
static const struct unit units[] = {
    {"B", 1, "B"},
    {"KiB", 1u << 10, "B"},
    {"MiB", 1u << 20, "B"},
    {"GiB", 1u << 30, "B"},
    {"TiB", 1ull << 40, "B"},
    {"kB", 1000, "B"},
    {"MB", 1000000, "B"},
    {"GB", 1000000000, "B"},
    {"TB", 1000000000000, "B"},
    {"B/s", 1, "B/s"},
    {"KiB/s", 1u << 10, "B/s"},
    {"MiB/s", 1u << 20, "B/s"},
    {"GiB/s", 1u << 30, "B/s"},
    {"kB/s", 1000, "B/s"},
    {"MB/s", 1000000, "B/s"},
    {"GB/s", 1000000000, "B/s"},
    {"s", 1, "s"},
    {"min", 60, "s"},
    {"h", 3600, "s"},
    {"d", 86400, "s"},
    {"ms", 1, "ms"},
    {"s", 1000, "ms"},
    {"min", 60000, "ms"},
    {"h", 3600000, "ms"},
    {"d", 86400000, "ms"},
    {"us", 1, "us"},
    {"ms", 1000, "us"},
    {"s", 1000000, "us"},
    {"ns", 1, "ns"},
    {"us", 1000, "ns"},
    {"ms", 1000000, "ns"},
    {"s", 1000000000, "ns"},
};

/* What the author of a foreign spelling meant. */
static const char *unit_guess(const char *kind, const char *suffix) {
    static const struct {
        const char *foreign, *ours;
    } bytes[] = {{"Ki", "KiB"}, {"Mi", "MiB"}, {"Gi", "GiB"}, {"Ti", "TiB"}, {"k", "kB"},  {"K", "KiB"},
                 {"m", "MiB"},  {"M", "MiB"},  {"g", "GiB"},  {"G", "GiB"},  {"t", "TiB"}, {"T", "TiB"},
                 {"b", "B"},    {"", "B"},     {"KB", "kB"},  {"mb", "MB"},  {"gb", "GB"}, {"kb", "kB"}},
      times[] = {{"", "s"},        {"S", "s"},   {"sec", "s"},    {"secs", "s"},     {"second", "s"},
                 {"seconds", "s"}, {"m", "min"}, {"mins", "min"}, {"minute", "min"}, {"minutes", "min"},
                 {"H", "h"},       {"hr", "h"},  {"hour", "h"},   {"hours", "h"},    {"D", "d"},
                 {"day", "d"},     {"days", "d"}};
    if (strcmp(kind, "B") == 0)
        for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++)
            if (strcmp(bytes[i].foreign, suffix) == 0) return bytes[i].ours;
    if (strcmp(kind, "B/s") == 0)
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (strncmp(units[i].name, suffix, strlen(suffix)) == 0 &&
                strcmp(units[i].name + strlen(suffix), "/s") == 0)
                return units[i].name;
    if (strcmp(kind, "s") == 0 || strcmp(kind, "ms") == 0)
        for (size_t i = 0; i < sizeof times / sizeof *times; i++)
            if (strcmp(times[i].foreign, suffix) == 0) return times[i].ours;
    return NULL;
}

bool rf_scalar_quantity(struct bind *b, const char *kind, const struct node *node, uint64_t *number) {
    const char *example = strcmp(kind, "B") == 0     ? "a size such as 512MiB"
                          : strcmp(kind, "B/s") == 0 ? "a rate such as 200MB/s"
                          : strcmp(kind, "s") == 0   ? "a time such as 10s"
                          : strcmp(kind, "ns") == 0  ? "a time such as 50us"
                          : strcmp(kind, "ms") == 0  ? "a time such as 10s"
                                                     : "a time such as 950ms";
    if (!scalar_only(b, node, example)) return false;
    if (node->plain && strcmp(node->text, "max") == 0) {
        *number = RF_UNLIMITED;
        return true;
    }
    const char *suffix;
    uint64_t n;
    if (!node->plain || !rf_scalar_decimal(node->text, &suffix, &n)) {
        struct diag *d = rf_diag(b->c->diags, D_BAD_UNIT, node->at, "'%s' is not %s", node->text, example);
        if (!node->plain) rf_diag_help(b->c->diags, d, "write it without quotes");
        return false;
    }
    if (n == 0 && !*suffix) {
        *number = 0;
        return true;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(units[i].kind, kind) != 0 || strcmp(units[i].name, suffix) != 0) continue;
        if (n > (uint64_t)INT64_MAX / units[i].factor) {
            rf_diag(b->c->diags, D_OUT_OF_RANGE, node->at, "%s is more than the kernel can count", node->text);
            return false;
        }
        *number = n * units[i].factor;
        return true;
    }
    struct diag *d =
        rf_diag(b->c->diags, D_BAD_UNIT, node->at, *suffix ? "'%s' has no known unit" : "'%s' has no unit", node->text);
    const char *guess = unit_guess(kind, suffix);
    if (guess)
        rf_diag_label(b->c->diags, d, "did you mean '%" PRIu64 "%s'?", n, guess);
    else
        rf_diag_help(b->c->diags, d, "write %s", example);
    return false;
}

/* `unit`: the smallest, in which the range is told. */
static bool bind_quantity(struct bind *b, const struct key_info *key, const char *kind, const char *unit,
                          const struct node *node, struct value *value) {
    uint64_t low, high;
    bool allow_max;
    if (!rf_scalar_quantity(b, kind, node, &value->num)) return false;
    rf_scalar_range(key->spec, &low, &high, &allow_max);
    if (value->num == RF_UNLIMITED ? allow_max : value->num >= low && value->num <= high) return true;
    rf_diag(b->c->diags, D_OUT_OF_RANGE, node->at, "%s is outside %" PRIu64 "..%" PRIu64 " %s", node->text, low, high,
            unit);
    return false;
}

#define CPU_PERIOD_US 100000u

/* An exact decimal of CPUs to microseconds of each 100 ms; 0.01 is the kernel's least quota of 1 ms. */
static bool bind_cpu(struct bind *b, const struct node *node, uint64_t *microseconds) {
    if (!scalar_only(b, node, "a number of CPUs such as 1.5")) return false;
    if (node->plain && strcmp(node->text, "max") == 0) {
        *microseconds = RF_UNLIMITED;
        return true;
    }
    const char *at;
    uint64_t whole = 0, part = 0, scale = CPU_PERIOD_US;
    bool good = node->plain && rf_scalar_decimal(node->text, &at, &whole) && whole <= 8192;
    if (good && *at == '.') {
        good = at[1] != 0;
        for (at++; *at >= '0' && *at <= '9' && scale > 1; at++) scale /= 10, part += (uint64_t)(*at - '0') * scale;
    }
    if (!good || *at) {
        struct diag *d =
            rf_diag(b->c->diags, D_NOT_A_NUMBER, node->at, "'%s' is not a number of CPUs such as 1.5", node->text);
        if (good && strcmp(at, "m") == 0 && whole) {
            uint64_t m = whole % 1000;
            rf_diag_label(b->c->diags, d, "did you mean '%" PRIu64 ".%" PRIu64 "%" PRIu64 "%" PRIu64 "'?", whole / 1000,
                          m / 100, m / 10 % 10, m % 10);
        } else if (good && strcmp(at, "%") == 0) {
            rf_diag_label(b->c->diags, d, "did you mean '%" PRIu64 ".%02" PRIu64 "'?", whole / 100, whole % 100);
        }
        return false;
    }
    *microseconds = whole * CPU_PERIOD_US + part;
    if (*microseconds >= 1000) return true;
    rf_diag(b->c->diags, D_OUT_OF_RANGE, node->at, "%s is less than 0.01 CPUs, the kernel's least quota", node->text);
    return false;
}

static bool bind_mode(struct bind *b, const char *most, const struct node *node, uint64_t *mode) {
    if (!scalar_only(b, node, "a mode such as \"0755\"")) return false;
    char *end;
    unsigned long n = strtoul(node->text, &end, 8);
    bool digits = node->length >= 3 && node->length <= 5 && !*end && strspn(node->text, "01234567") == node->length;
    if (node->plain || !digits || n > strtoul(most, NULL, 8)) {
        struct diag *d =
            rf_diag(b->c->diags, D_BAD_OCTAL, node->at, "'%s' is not a quoted octal string up to %s", node->text, most);
        if (digits && n <= strtoul(most, NULL, 8))
            rf_diag_label(b->c->diags, d, "did you mean '\"%s%s\"'?", node->text[0] == '0' ? "" : "0", node->text);
        return false;
    }
    *mode = n;
    return true;
}

static bool bind_kernel(struct bind *b, const struct node *node, uint64_t *release) {
    if (!scalar_only(b, node, "a kernel release such as v6.12")) return false;
    const char *text = node->text, *at;
    uint64_t major, minor;
    bool v = *text == 'v';
    if (!rf_scalar_decimal(text + v, &at, &major) || *at != '.' || !rf_scalar_decimal(at + 1, &at, &minor) || *at ||
        major > 99 || minor > 99 || !v) {
        struct diag *d =
            rf_diag(b->c->diags, D_BAD_KERNEL, node->at, "'%s' is not a kernel release such as v6.12", text);
        if (!v && *text >= '0' && *text <= '9') rf_diag_label(b->c->diags, d, "did you mean 'v%s'?", text);
        return false;
    }
    *release = RF_RELEASE(major, minor);
    if (*release <= RF_NEWEST_KERNEL && *release >= RF_RELEASE(4, 8)) return true;
    struct diag *d = rf_diag(b->c->diags, D_BAD_KERNEL, node->at, "the tables of this version know v4.8 to v%u.%u",
                             RF_NEWEST_KERNEL >> 16, RF_NEWEST_KERNEL & 0xffff);
    rf_diag_help(b->c->diags, d, "`kernel` says which calls the policy knows; it runs on newer kernels too");
    return false;
}

bool rf_scalar_seconds(struct bind *b, const struct node *node, int64_t *seconds) {
    uint64_t n = 0;
    struct node positive = *node;
    bool negative = node->kind == NODE_SCALAR && node->text[0] == '-';
    if (negative) positive.text++, positive.length--;
    if (!rf_scalar_quantity(b, "s", &positive, &n)) return false;
    if (n > 3153600000u) { /* a hundred years: far inside what the kernel takes */
        rf_diag(b->c->diags, D_OUT_OF_RANGE, node->at, "%s is more than a hundred years", node->text);
        return false;
    }
    *seconds = negative ? -(int64_t)n : (int64_t)n;
    return true;
}

/* "allow|errno|kill" for a reader. */
static const char *actions_in_words(struct rf_arena *arena, const char *spec) {
    const char *words = "";
    for (const char *w = spec; *w;) {
        size_t n = strcspn(w, "|");
        const char *between = w == spec ? "" : w[n] ? ", " : " and ";
        const char *name = n == 5 && strncmp(w, "errno", n) == 0 ? "(NAME) such as errno(EPERM)" : "";
        words = rf_arena_printf(arena, "%s%s%.*s%s", words, between, (int)n, w, name);
        w += n + (w[n] == '|');
    }
    return words;
}

bool rf_scalar_action(struct bind *b, const char *spec, const struct node *node, struct rf_action *action) {
    if (!scalar_only(b, node, "an action")) return false;
    const char *text = node->text;
    *action = (struct rf_action){RF_ACT_ALLOW, 0};
    if (strcmp(text, "allow") == 0) {
        if (strstr(spec, "allow")) return true;
        struct diag *d =
            rf_diag(b->c->diags, D_ALLOW_DEFAULT, node->at, "'allow' cannot be the answer to calls that nobody listed");
        rf_diag_help(b->c->diags, d,
                     "list what the program needs under seccomp.allow; default is errno(EPERM) or kill");
        return false;
    }
    static const struct {
        const char *word;
        enum rf_action_kind kind;
    } words[] = {{"kill", RF_ACT_KILL}, {"log", RF_ACT_LOG}, {"notify", RF_ACT_NOTIFY}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i].word) == 0 && strstr(spec, text)) {
            action->kind = words[i].kind;
            return true;
        }
    if (strncmp(text, "errno(", 6) == 0 && text[node->length - 1] == ')') {
        action->kind = RF_ACT_ERRNO;
        action->error = rf_errno_find(text + 6, node->length - 7);
        if (action->error) return true;
        struct guess guess;
        rf_guess_init(&guess, text + 6, node->length - 7);
        for (size_t i = 0; rf_errno_at(i); i++) rf_guess_try(&guess, rf_errno_at(i));
        struct diag *d = rf_diag(b->c->diags, D_BAD_ACTION, node->at, "unknown errno name in '%s'", text);
        if (guess.best) rf_diag_label(b->c->diags, d, "did you mean 'errno(%s)'?", guess.best);
        return false;
    }
    struct diag *d = rf_diag(b->c->diags, D_BAD_ACTION, node->at, "'%s' is not an action that can stand here", text);
    rf_diag_help(b->c->diags, d, "the actions here are %s", actions_in_words(b->c->arena, spec));
    return false;
}

static bool bind_language(struct bind *b, const struct node *node, uint64_t *number) {
    if (node->kind == NODE_SCALAR && node->plain && strcmp(node->text, "1") == 0) {
        *number = 1;
        return true;
    }
    if (!scalar_only(b, node, "the language version 1")) return false;
    struct diag *d =
        rf_diag(b->c->diags, D_BAD_LANGUAGE, node->at, "policy language version '%s' is not known here", node->text);
    rf_diag_help(b->c->diags, d, "this compiler knows version 1");
    return false;
}

static bool is_number(enum value_type type) {
    return type == T_INT || type == T_SINT || type == T_SIZE || type == T_COUNT || type == T_RATE || type == T_CPU ||
           type == T_MODE || type == T_DURATION || type == T_NANOSECONDS || type == T_GRADED || type == T_RANGES;
}

/* $(number) in the place of a number: what it may become is looked at when all files are merged. */
static bool bind_parameter(struct bind *b, const struct key_info *key, const struct node *node, struct value *value) {
    static const struct key_info whole = {.type = T_TEMPLATE, .spec = "number"};
    if (key->flags & F_PARAMETER) return rf_scalar_bind_text(b, &whole, node, value);
    rf_scalar_bad_place(b, node);
    return false;
}

bool rf_scalar_bind(struct bind *b, const struct key_info *key, const struct node *node, struct value *value) {
    uint64_t low, high;
    bool allow_max;
    if (rf_bind_refuse_later(b, key, node)) return false;
    if (is_number(key->type) && node->kind == NODE_SCALAR && strstr(node->text, "$("))
        return bind_parameter(b, key, node, value);
    switch (key->type) {
    case T_INT:
    case T_COUNT:
        rf_scalar_range(key->spec, &low, &high, &allow_max);
        return rf_scalar_number(b, node, low, high, allow_max, &value->num);
    case T_SINT: return bind_signed(b, key->spec, node, &value->snum);
    case T_SIZE: return bind_quantity(b, key, "B", "bytes", node, value);
    case T_DURATION: return bind_quantity(b, key, "ms", "ms", node, value);
    case T_NANOSECONDS: return bind_quantity(b, key, "ns", "ns", node, value);
    case T_RATE:
        if (!rf_scalar_quantity(b, "B/s", node, &value->num)) return false;
        if (value->num) return true;
        rf_diag(b->c->diags, D_OUT_OF_RANGE, node->at, "a rate of 0 would stop the program for ever");
        return false;
    case T_CPU: return bind_cpu(b, node, &value->num);
    case T_GRADED: return rf_graded_bind(b, key, node, value);
    case T_RANGES: return rf_ranges_bind(b, key, node, value);
    case T_MODE: return bind_mode(b, key->spec, node, &value->num);
    case T_LANGUAGE: return bind_language(b, node, &value->num);
    case T_KERNEL: return bind_kernel(b, node, &value->num);
    case T_ACTION: return rf_scalar_action(b, key->spec, node, &value->action);
    default: return rf_scalar_bind_text(b, key, node, value);
    }
}
