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

/* What the author most likely ran into, for the errors that YAML itself makes of our language's characters. */
static const char *yaml_help(const struct source *source, uint32_t line, uint32_t column) {
    size_t length;
    const char *text = rf_source_line(source, line, &length);
    char c = column >= 1 && column <= length ? text[column - 1] : 0;
    if (c == '@' || c == '`') return "quote it: \"@group\"";
    if (c == '*' || c == '&' || c == '!' || c == '%' || c == '|' || c == '>')
        return "quote the value: this character has a meaning in YAML";
    if (c == '\t') return "YAML is indented with spaces, never with tabs";
    if (memchr(text, '[', length) && memchr(text, '&', length)) return "quote the condition";
    return NULL;
}

static void syntax_error(struct parse *p) {
    yaml_parser_t *y = &p->yaml;
    p->failed = true;
    yaml_mark_t mark = y->problem_mark;
    if (y->error == YAML_READER_ERROR) memset(&mark, 0, sizeof mark);
    yaml_mark_t end = mark;
    end.column++;
    struct span at = span_of(p, mark, end);
    const char *help = yaml_help(p->source, at.line, at.column);
    enum diag_id id = help && at.line <= p->source->lines && strstr(help, "quote") ? D_QUOTE_IT : D_SYNTAX;
    struct diag *d = rf_diag(p->diags, id, at, "%s", y->problem ? y->problem : "cannot be parsed as YAML");
    if (y->context && y->context_mark.line + 1 != at.line) {
        yaml_mark_t after = y->context_mark;
        after.column++;
        rf_diag_other(p->diags, d, span_of(p, y->context_mark, after), "%s", y->context);
    }
    if (help) rf_diag_help(p->diags, d, "%s", help);
}

static bool next_event(struct parse *p, yaml_event_t *event) {
    if (p->failed) return false;
    if (yaml_parser_parse(&p->yaml, event)) return true;
    syntax_error(p);
    return false;
}

static void refuse_feature(struct parse *p, struct span at, const char *what) {
    rf_diag(p->diags, D_YAML_FEATURE, at, "a YAML %s is not part of the policy language", what);
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

bool rf_tree_is_null(const struct node *node) {
    return node->kind == NODE_SCALAR && node->plain &&
           (node->length == 0 || strcmp(node->text, "null") == 0 || strcmp(node->text, "~") == 0);
}

const struct node *rf_tree_get(const struct node *map, const char *key) {
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->pairs[i].key->text, key) == 0) return map->pairs[i].value;
    return NULL;
}
