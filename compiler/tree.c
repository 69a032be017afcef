/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <string.h>
#include <yaml.h>

struct parse {
    struct rf_arena *arena;
    struct diags *diags;
    const struct source *source;
    yaml_parser_t yaml;
    uint32_t nodes;
    bool failed;
};

static struct span span_of(const struct parse *p, yaml_mark_t start, yaml_mark_t end) {
    struct span s = {p->source, (uint32_t)start.line + 1, (uint32_t)start.column + 1, (uint32_t)end.line + 1,
                     (uint32_t)end.column + 1};
    if (s.line > p->source->lines && p->source->lines) s.line = p->source->lines, s.column = 1;
    return s;
}

/* Nested '[' costs libyaml quadratic time: bound the depth of flow collections before it sees them. */
static bool flow_depth_ok(struct parse *p) {
    uint32_t depth = 0, line = 1, column = 1;
    for (size_t i = 0; i < p->source->length; i++) {
        char c = p->source->text[i];
        if (c == '\n') line++, column = 0;
        if (c == '[' || c == '{') depth++;
        if ((c == ']' || c == '}') && depth) depth--;
        if (depth > 4 * RF_TREE_DEPTH_MAX) {
            rf_diag(p->diags, D_DEPTH, (struct span){p->source, line, column, line, column + 1},
                    "more than %u open brackets", 4 * RF_TREE_DEPTH_MAX);
            return false;
        }
        if (((unsigned char)c & 0xc0) != 0x80) column++;
    }
    return true;
}

/* The text from column `column` of a line to its end. */
static const char *text_at(const struct source *source, uint32_t line, uint32_t column, size_t *left) {
    size_t length;
    const char *text = rf_source_line(source, line, &length), *end = text + length;
    for (const char *wrong; column > 1 && text < end; column--)
        text += rf_source_character(text, (size_t)(end - text), &wrong);
    *left = (size_t)(end - text);
    return text;
}

/* One syntax error in our own words, where the author most likely ran into a character of our language that has a
 * meaning in YAML. */
struct explained {
    enum diag_id id;
    const char *message, *help;
    bool at_context; /* the place to show is where the construct began */
};

static struct explained explain(struct parse *p, const yaml_parser_t *y, uint32_t line, uint32_t column) {
    const char *problem = y->problem ? y->problem : "cannot be parsed as YAML";
    bool at_end = y->problem_mark.index >= y->mark.index && y->eof && line >= p->source->lines;
    bool indicator = y->context && (strstr(y->context, "scanning an a") || strstr(y->context, "scanning a tag"));
    if (indicator) line = (uint32_t)y->context_mark.line + 1, column = (uint32_t)y->context_mark.column + 1;
    size_t left;
    const char *text = text_at(p->source, line, column, &left);
    char c = '\0';
    if (left) c = *text;
    if (c == '\t')
        return (struct explained){D_SYNTAX, "a tab where YAML wants spaces", "YAML is indented with spaces, never tabs",
                                  false};
    if (c == '@' || c == '`' || c == '%' || c == '*' || c == '&' || c == '!') {
        size_t n = 1;
        while (n < left && n < 64 && !strchr(",]}:#\"", text[n])) n++;
        while (n > 1 && text[n - 1] == ' ') n--;
        return (struct explained){
            D_QUOTE_IT, rf_arena_printf(p->arena, "'%c' has a meaning of its own at the start of a YAML value", c),
            rf_arena_printf(p->arena, "quote it: \"%.*s\"", (int)n, text), indicator};
    }
    if (y->context && strstr(y->context, "quoted scalar"))
        return (struct explained){D_SYNTAX, "the quote that opens here is never closed", NULL, true};
    if (strstr(problem, "<document start>"))
        return (struct explained){D_SECOND_DOCUMENT, "text behind the end of the policy", NULL, false};
    if (strstr(problem, "node content") && at_end)
        return (struct explained){D_SYNTAX, "the file ends in the middle of a value", NULL, false};
    if (!y->flow_level && (c == ']' || c == '}'))
        return (struct explained){D_SYNTAX, rf_arena_printf(p->arena, "'%c' closes what was never opened", c), NULL,
                                  false};
    if (strstr(problem, "expected ',' or") && at_end)
        return (struct explained){D_SYNTAX, "the bracket that opens here is never closed", NULL, true};
    if (c == '{' && text > p->source->text && text[-1] == '$')
        return (struct explained){D_QUOTE_IT, "'{' has a meaning of its own in YAML",
                                  "a parameter is written with round brackets: $(name)", false};
    if (strstr(problem, "expected ',' or") && (c == '[' || c == '{'))
        return (struct explained){D_QUOTE_IT,
                                  rf_arena_printf(p->arena, "'%c' ends an unquoted text inside {} or []", c),
                                  "quote the whole value: unless: \"domain in [AF_UNIX, AF_INET]\"", false};
    if (strstr(problem, "mapping values are not allowed"))
        return (struct explained){D_SYNTAX, "a second ':' where a value should end",
                                  "quote the value if the ':' is part of it; else look at the indentation", false};
    if (strstr(problem, "expected key") || strstr(problem, "expected <block end>"))
        return (struct explained){D_SYNTAX, "this line does not go on with the mapping or list that it is indented as",
                                  "look at the indentation", false};
    return (struct explained){D_SYNTAX, problem, NULL, false};
}

static void syntax_error(struct parse *p) {
    yaml_parser_t *y = &p->yaml;
    p->failed = true;
    yaml_mark_t mark = y->problem_mark;
    if (y->error == YAML_READER_ERROR) memset(&mark, 0, sizeof mark);
    yaml_mark_t end = mark, context_end = y->context_mark;
    end.column++;
    context_end.column++;
    struct span at = span_of(p, mark, end), context = span_of(p, y->context_mark, context_end);
    struct explained e = explain(p, y, at.line, at.column);
    struct diag *d = rf_diag(p->diags, e.id, e.at_context ? context : at, "%s", e.message);
    if (y->context && !e.at_context && context.line != at.line) rf_diag_other(p->diags, d, context, "%s", y->context);
    if (e.help) rf_diag_help(p->diags, d, "%s", e.help);
}

static bool next_event(struct parse *p, yaml_event_t *event) {
    if (p->failed) return false;
    if (yaml_parser_parse(&p->yaml, event)) return true;
    syntax_error(p);
    return false;
}

static void refuse_feature(struct parse *p, struct span at, const char *what) {
    struct diag *d = rf_diag(p->diags, D_YAML_FEATURE, at, "a YAML %s is not part of the policy language", what);
    size_t left;
    const char *text = text_at(p->source, at.line, at.column, &left);
    if (left && strchr("*&!", *text)) rf_diag_help(p->diags, d, "if the text itself begins with '%c', quote it", *text);
}

static const struct node *parse_node(struct parse *p, yaml_event_t *event, unsigned depth);

static const struct node *parse_scalar(struct parse *p, yaml_event_t *e) {
    struct node *n = RF_NEW(p->arena, struct node);
    n->kind = NODE_SCALAR;
    n->at = span_of(p, e->start_mark, e->end_mark);
    n->text = rf_arena_copy(p->arena, (const char *)e->data.scalar.value, e->data.scalar.length);
    n->length = e->data.scalar.length;
    n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    bool quoted = e->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
                  e->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    size_t written = e->end_mark.index - e->start_mark.index; /* code points: equal to bytes for exact ASCII text */
    bool one_line = e->start_mark.line == e->end_mark.line;
    n->indent = one_line && n->plain && written == n->length     ? 0
                : one_line && quoted && written == n->length + 2 ? 1
                                                                 : RF_INEXACT;
    if (memchr(n->text, 0, n->length)) rf_diag(p->diags, D_ENCODING, n->at, "a string holds a NUL character");
    if (e->data.scalar.anchor) refuse_feature(p, n->at, "anchor");
    if (e->data.scalar.tag) refuse_feature(p, n->at, "tag");
    yaml_event_delete(e);
    return n;
}

static const struct node *parse_list(struct parse *p, yaml_event_t *e, unsigned depth) {
    struct node *n = RF_NEW(p->arena, struct node);
    n->kind = NODE_LIST;
    n->at = span_of(p, e->start_mark, e->end_mark);
    if (e->data.sequence_start.anchor) refuse_feature(p, n->at, "anchor");
    if (e->data.sequence_start.tag) refuse_feature(p, n->at, "tag");
    yaml_event_delete(e);
    yaml_event_t item;
    while (next_event(p, &item)) {
        if (item.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&item);
            return n;
        }
        const struct node *child = parse_node(p, &item, depth + 1);
        if (child) RF_PUSH(p->arena, n->items, n->count, child);
    }
    return n;
}

static void add_pair(struct parse *p, struct node *map, const struct node *key, const struct node *value) {
    if (key->kind != NODE_SCALAR) {
        rf_diag(p->diags, D_WRONG_TYPE, key->at, "a key must be a plain word");
        return;
    }
    if (key->plain && strcmp(key->text, "<<") == 0) {
        refuse_feature(p, key->at, "merge key");
        return;
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct node *first = map->pairs[i].key;
        if (first->length == key->length && memcmp(first->text, key->text, key->length) == 0) {
            struct diag *d = rf_diag(p->diags, D_DUPLICATE_KEY, key->at, "the key '%s' is given twice", key->text);
            rf_diag_other(p->diags, d, first->at, "first given here");
            return;
        }
    }
    struct pair pair = {key, value};
    RF_PUSH(p->arena, map->pairs, map->count, pair);
}

static const struct node *parse_map(struct parse *p, yaml_event_t *e, unsigned depth) {
    struct node *n = RF_NEW(p->arena, struct node);
    n->kind = NODE_MAP;
    n->at = span_of(p, e->start_mark, e->end_mark);
    if (e->data.mapping_start.anchor) refuse_feature(p, n->at, "anchor");
    if (e->data.mapping_start.tag) refuse_feature(p, n->at, "tag");
    yaml_event_delete(e);
    yaml_event_t item;
    while (next_event(p, &item)) {
        if (item.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&item);
            break;
        }
        const struct node *key = parse_node(p, &item, depth + 1);
        if (!next_event(p, &item)) break;
        const struct node *value = parse_node(p, &item, depth + 1);
        if (key && value) add_pair(p, n, key, value);
    }
    if (n->count) n->at = n->pairs[0].key->at; /* a block mapping's own mark is empty: show its first key */
    return n;
}

static const struct node *parse_node(struct parse *p, yaml_event_t *e, unsigned depth) {
    struct span at = span_of(p, e->start_mark, e->end_mark);
    if (depth > RF_TREE_DEPTH_MAX || ++p->nodes > RF_TREE_NODES_MAX) {
        if (depth > RF_TREE_DEPTH_MAX)
            rf_diag(p->diags, D_DEPTH, at, "nested deeper than %u levels", RF_TREE_DEPTH_MAX);
        else
            rf_diag(p->diags, D_TOO_MANY, at, "more than %u values in one file", RF_TREE_NODES_MAX);
        p->failed = true;
        yaml_event_delete(e);
        return NULL;
    }
    switch (e->type) {
    case YAML_SCALAR_EVENT: return parse_scalar(p, e);
    case YAML_SEQUENCE_START_EVENT: return parse_list(p, e, depth);
    case YAML_MAPPING_START_EVENT: return parse_map(p, e, depth);
    case YAML_ALIAS_EVENT: refuse_feature(p, at, "alias"); break;
    default: break;
    }
    yaml_event_delete(e);
    return NULL;
}

static const struct node *parse_document(struct parse *p) {
    const struct node *root = NULL;
    bool seen = false;
    yaml_event_t e;
    while (next_event(p, &e)) {
        yaml_event_type_t type = e.type;
        if (type == YAML_DOCUMENT_START_EVENT && seen) {
            rf_diag(p->diags, D_SECOND_DOCUMENT, span_of(p, e.start_mark, e.end_mark),
                    "a second YAML document starts here");
            p->failed = true;
        }
        if (type == YAML_DOCUMENT_START_EVENT &&
            (e.data.document_start.version_directive ||
             e.data.document_start.tag_directives.start != e.data.document_start.tag_directives.end))
            refuse_feature(p, span_of(p, e.start_mark, e.end_mark), "directive");
        if (type == YAML_DOCUMENT_END_EVENT) seen = true;
        if (type == YAML_STREAM_START_EVENT || type == YAML_STREAM_END_EVENT || type == YAML_DOCUMENT_START_EVENT ||
            type == YAML_DOCUMENT_END_EVENT) {
            yaml_event_delete(&e);
            if (type == YAML_STREAM_END_EVENT) break;
            continue;
        }
        root = parse_node(p, &e, 1);
    }
    return root;
}

const struct node *rf_tree_parse(struct rf_arena *arena, struct diags *diags, const struct source *source) {
    struct parse p = {.arena = arena, .diags = diags, .source = source};
    if (!flow_depth_ok(&p)) return NULL;
    if (!yaml_parser_initialize(&p.yaml)) {
        rf_diag(diags, D_SYNTAX, (struct span){0}, "out of memory");
        return NULL;
    }
    yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p.yaml, (const unsigned char *)source->text, source->length);
    const struct node *root = parse_document(&p);
    yaml_parser_delete(&p.yaml);
    if (p.failed) return NULL;
    struct span start = {source, 1, 1, 1, 2};
    if (!root || (root->kind == NODE_SCALAR && root->plain && !root->length)) {
        rf_diag(diags, D_EMPTY, start, "the policy is empty");
        return NULL;
    }
    if (root->kind != NODE_MAP) {
        rf_diag(diags, D_NOT_A_MAPPING, root->at, "a policy is a mapping of keys to values");
        return NULL;
    }
    return root;
}

static bool is_one_of(const char *text, const char *const *words) {
    for (; *words; words++)
        if (strcmp(*words, text) == 0) return true;
    return false;
}

bool rf_tree_is_null(const struct node *node) {
    static const char *const words[] = {"", "null", "Null", "NULL", "~", NULL};
    return node->kind == NODE_SCALAR && node->plain && is_one_of(node->text, words);
}

static size_t digits(const char *text) {
    return strspn(text, "0123456789");
}

/* A number that some reader does not give back as it is written: 010, 0x1F, 1_000, +1, 1.50, 1e3, 12:30. */
static bool is_odd_number(const char *text) {
    const char *t = text + (*text == '-' || *text == '+');
    size_t n = digits(t);
    if (strcmp(t, ".inf") == 0 || strcmp(t, ".Inf") == 0 || strcmp(t, ".INF") == 0 || strcmp(t, ".nan") == 0 ||
        strcmp(t, ".NaN") == 0 || strcmp(t, ".NAN") == 0)
        return true;
    if (!n && !(*t == '.' && digits(t + 1))) return false;
    if (*t == '0' && t[1] && strchr("xob", t[1]) && t[2]) return !t[2 + strspn(t + 2, "0123456789abcdefABCDEF_")];
    if (!t[n]) return *text == '+' || (n > 1 && *t == '0');
    if (!t[strspn(t, "0123456789_")] || !t[strspn(t, "0123456789:")]) return true;
    size_t m = t[n] == '.' ? 1 + digits(t + n + 1) : 0;
    if (!t[n + m]) return !n || *text == '+' || m < 2 || t[n + m - 1] == '0' || (n > 1 && *t == '0');
    const char *e = t + n + m;
    if (*e != 'e' && *e != 'E') return false;
    e += 1 + (e[1] == '-' || e[1] == '+');
    return digits(e) && !e[digits(e)];
}

/* 2026-01-31, which many readers turn into a date. */
static bool is_date(const char *text) {
    return digits(text) == 4 && text[4] == '-' && digits(text + 5) == 2 && text[7] == '-' && digits(text + 8) == 2 &&
           (!text[10] || strchr("Tt ", text[10]));
}

bool rf_tree_is_ambiguous(const struct node *node) {
    static const char *const words[] = {"yes", "Yes", "YES",  "no",   "No",   "NO",    "on",    "On",    "ON", "off",
                                        "Off", "OFF", "true", "True", "TRUE", "false", "False", "FALSE", NULL};
    return node->kind == NODE_SCALAR && node->plain &&
           (is_one_of(node->text, words) || is_odd_number(node->text) || is_date(node->text));
}

const struct node *rf_tree_get(const struct node *map, const char *key) {
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->pairs[i].key->text, key) == 0) return map->pairs[i].value;
    return NULL;
}
