/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars that are text: names, paths, templates with a parameter, choices. */
#include "bind.h"
#include "names.h"

#include <string.h>

static bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool rf_scalar_is_name(const char *text, size_t length) {
    if (length < 1 || length > 63 || !is_alnum(text[0])) return false;
    for (size_t i = 0; i < length; i++)
        if (!is_alnum(text[i]) && !strchr("-_.", text[i])) return false;
    return true;
}

bool rf_scalar_is_path(const char *text, size_t length) {
    if (length < 1 || length > RF_STRING_MAX || text[0] != '/') return false;
    if (length == 1) return true;
    for (size_t i = 0; i < length;) { /* at a slash */
        size_t start = ++i;
        while (i < length && text[i] != '/') i++;
        size_t n = i - start;
        if (n == 0 || (n == 1 && text[start] == '.') || (n == 2 && text[start] == '.' && text[start + 1] == '.'))
            return false;
    }
    return true;
}

static bool is_hostname(const char *text, size_t length) {
    if (length < 1 || length > 64) return false;
    for (size_t i = 0; i < length; i++)
        if (!is_alnum(text[i]) && text[i] != '-' && text[i] != '.') return false;
    return text[0] != '-' && text[0] != '.';
}

static void bad_path(struct bind *b, const struct node *node) {
    struct diag *d = rf_diag(b->c->diags, D_BAD_PATH, node->at, "'%s' is not a plain absolute path", node->text);
    if (node->length && node->text[0] != '/')
        rf_diag_help(b->c->diags, d, "paths start with '/'");
    else if (node->length > 1 && node->text[node->length - 1] == '/')
        rf_diag_label(b->c->diags, d, "did you mean '%.*s'?", (int)node->length - 1, node->text);
    else
        rf_diag_help(b->c->diags, d, "leave out '.', '..', '//' and a final '/'");
}

bool rf_scalar_text(struct bind *b, const char *spec, const struct node *node) {
    if (node->kind != NODE_SCALAR || rf_tree_is_null(node)) {
        rf_bind_wrong_type(b, node, strcmp(spec, "path") == 0 ? "a path" : "a text");
        return false;
    }
    if (node->length > RF_STRING_MAX) {
        rf_diag(b->c->diags, D_TOO_LONG, node->at, "longer than %u bytes", RF_STRING_MAX);
        return false;
    }
    if (rf_tree_is_ambiguous(node)) {
        struct diag *d = rf_diag(b->c->diags, D_QUOTE_IT, node->at,
                                 "'%s' without quotes is another value to some YAML readers", node->text);
        rf_diag_label(b->c->diags, d, "write \"%s\"", node->text);
        return false;
    }
    if (strcmp(spec, "text") == 0) return true;
    if (memchr(node->text, '\n', node->length)) {
        rf_diag(b->c->diags, D_WRONG_TYPE, node->at, "the text must be on one line");
        return false;
    }
    if (strstr(node->text, "$(") && strcmp(spec, "line") != 0) {
        rf_scalar_bad_place(b, node);
        return false;
    }
    if (strcmp(spec, "name") == 0 && !rf_scalar_is_name(node->text, node->length)) {
        struct diag *d = rf_diag(b->c->diags, D_BAD_NAME, node->at, "'%s' is not a valid name", node->text);
        rf_diag_help(b->c->diags, d, "letters, digits, '-', '_' and '.', at most 63, a letter or digit first");
        return false;
    }
    if (strcmp(spec, "path") == 0 && !rf_scalar_is_path(node->text, node->length)) {
        bad_path(b, node);
        return false;
    }
    if (strcmp(spec, "call") == 0 && !rf_syscall_find(node->text, node->length)) {
        const char *best = rf_name_guess_call(node->text, node->length);
        struct diag *d = rf_diag(b->c->diags, D_UNKNOWN_CALL, node->at, "unknown system call '%s'", node->text);
        if (best) rf_diag_label(b->c->diags, d, "did you mean '%s'?", best);
        return false;
    }
    return true;
}

static void not_one(struct bind *b, const struct node *node, const char *more) {
    struct diag *d =
        rf_diag(b->c->diags, D_BAD_PARAMETER, node->at, "'%s' does not hold exactly one $(name)", node->text);
    rf_diag_help(b->c->diags, d, "write $(name), where name is declared under parameters%s", more);
}

/* Text with at most one $(parameter): the whole value, or a literal prefix and suffix round a name. */
static bool bind_template(struct bind *b, const char *spec, const struct node *node, struct value *value) {
    const char *open = node->kind == NODE_SCALAR ? strstr(node->text, "$(") : NULL;
    bool path = strcmp(spec, "path") == 0, content = strcmp(spec, "content") == 0;
    if (!open) {
        if (!rf_scalar_text(b, path ? "path" : content ? "text" : strcmp(spec, "cgroup") == 0 ? "name" : "line", node))
            return false;
        if (strcmp(spec, "hostname") == 0 && !is_hostname(node->text, node->length)) {
            struct diag *d = rf_diag(b->c->diags, D_BAD_NAME, node->at, "'%s' is not a host name", node->text);
            rf_diag_help(b->c->diags, d, "letters, digits, '-' and '.', at most 64");
            return false;
        }
        value->text = node->text;
        return true;
    }
    const char *close = strchr(open, ')');
    size_t before = (size_t)(open - node->text);
    if (!close || !rf_scalar_is_name(open + 2, (size_t)(close - open) - 2) || strstr(close, "$(")) {
        not_one(b, node, "");
        return false;
    }
    value->text = rf_arena_copy(b->c->arena, node->text, before);
    value->parameter = rf_arena_copy(b->c->arena, open + 2, (size_t)(close - open) - 2);
    value->suffix = close + 1;
    return true; /* its declaration is looked at when all files are merged */
}

bool rf_scalar_template(struct bind *b, const struct node *node, struct value *value) {
    if (!rf_scalar_text(b, "text", node)) return false;
    char *prefix = rf_arena_copy(b->c->arena, node->text, node->length), *to = prefix,
         *suffix = rf_arena_copy(b->c->arena, node->text, node->length);
    for (const char *at = node->text; *at;) {
        bool plain = strncmp(at, "$$(", 3) == 0;
        if (plain || strncmp(at, "$(", 2) != 0) {
            at += plain;
            *to++ = *at++;
            continue;
        }
        const char *close = strchr(at, ')');
        if (value->parameter || !close || !rf_scalar_is_name(at + 2, (size_t)(close - at) - 2)) {
            not_one(b, node, "; a plain $( is written $$(");
            return false;
        }
        value->parameter = rf_arena_copy(b->c->arena, at + 2, (size_t)(close - at) - 2);
        *to = 0;
        to = suffix;
        at = close + 1;
    }
    *to = 0;
    value->text = prefix;
    value->suffix = value->parameter ? suffix : NULL;
    return true;
}

void rf_scalar_bad_place(struct bind *b, const struct node *node) {
    struct diag *d = rf_diag(b->c->diags, D_BAD_PARAMETER, node->at, "a parameter cannot stand here");
    rf_diag_help(b->c->diags, d,
                 "parameters can stand in root.path, root.mounts (bind, content, size), hostname, domainname, "
                 "process.args, process.env, resources.cgroup, memory.max, swap.max, pids.max, io.device and "
                 "seccomp.notify.socket");
}

/* "none|host" -> "none, host" */
const char *rf_scalar_choices(struct rf_arena *arena, const char *spec) {
    const char *list = "";
    for (const char *word = spec; *word;) {
        size_t n = strcspn(word, "|");
        list = rf_arena_printf(arena, "%s%s%.*s", list, *list ? ", " : "", (int)n, word);
        word += n + (word[n] == '|');
    }
    return list;
}

static bool bind_enum(struct bind *b, const char *spec, const struct node *node, struct value *value) {
    if (node->kind != NODE_SCALAR || rf_tree_is_null(node)) {
        rf_bind_wrong_type(b, node, rf_arena_printf(b->c->arena, "one of %s", rf_scalar_choices(b->c->arena, spec)));
        return false;
    }
    struct guess guess;
    rf_guess_init(&guess, node->text, node->length);
    uint64_t index = 0;
    for (const char *word = spec; *word; index++) {
        size_t n = strcspn(word, "|");
        if (n == node->length && memcmp(word, node->text, n) == 0) {
            value->num = index;
            value->text = node->text;
            return true;
        }
        rf_guess_try(&guess, rf_arena_copy(b->c->arena, word, n));
        word += n + (word[n] == '|');
    }
    struct diag *d = rf_diag(b->c->diags, D_BAD_CHOICE, node->at, "'%s' is not one of %s", node->text,
                             rf_scalar_choices(b->c->arena, spec));
    if (guess.best) rf_diag_label(b->c->diags, d, "did you mean '%s'?", guess.best);
    return false;
}

static bool bind_bool(struct bind *b, const struct node *node, struct value *value) {
    static const char *const others[] = {"yes", "no", "on", "off", "true", "false"};
    if (node->kind != NODE_SCALAR || rf_tree_is_null(node)) {
        rf_bind_wrong_type(b, node, "true or false");
        return false;
    }
    value->num = strcmp(node->text, "true") == 0;
    if (node->plain && (value->num || strcmp(node->text, "false") == 0)) return true;
    struct diag *d = rf_diag(b->c->diags, D_BAD_BOOLEAN, node->at, "'%s' is not true or false", node->text);
    if (!node->plain) rf_diag_help(b->c->diags, d, "write it without quotes");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (node->plain && strcasecmp(others[i], node->text) == 0)
            rf_diag_label(b->c->diags, d, "did you mean '%s'?", i % 2 ? "false" : "true");
    return false;
}

bool rf_scalar_bind_text(struct bind *b, const struct key_info *key, const struct node *node, struct value *value) {
    switch (key->type) {
    case T_WRITABLE:
    case T_BOOL: return bind_bool(b, node, value);
    case T_ENUM: return bind_enum(b, key->spec, node, value);
    case T_TEMPLATE: return bind_template(b, key->spec, node, value);
    default:
        if (!rf_scalar_text(b, key->spec, node)) return false;
        value->text = node->text;
        return true;
    }
}
