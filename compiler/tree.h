/* SPDX-License-Identifier: Apache-2.0 */
/* YAML text to a tree of nodes with places.  Everything by which two YAML readers could see two policies is
 * refused here: duplicate keys, tags, anchors, aliases, merge keys, second documents. */
#ifndef RF_TREE_H
#define RF_TREE_H

#include "diag.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node;
struct pair {
    const struct node *key; /* a scalar */
    const struct node *value;
};

struct node {
    enum node_kind kind;
    struct span at;
    /* scalar */
    const char *text;
    size_t length;
    bool plain;      /* written without quotes: may be a number, a boolean or null */
    uint32_t indent; /* characters from the start of `at` to the text (a quote), when exact; else RF_INEXACT */
    /* list */
    const struct node **items;
    /* map */
    struct pair *pairs;
    size_t count;
};
#define RF_INEXACT UINT32_MAX

#define RF_TREE_DEPTH_MAX 32u
#define RF_TREE_NODES_MAX 20000u

/* The document's root mapping, or NULL after a diagnostic.  A tree with duplicate keys or other refused
 * features is returned all the same, so that later phases can report more; the caller counts errors. */
const struct node *rf_tree_parse(struct rf_arena *arena, struct diags *diags, const struct source *source);

bool rf_tree_is_null(const struct node *node);
/* An unquoted scalar that another reader takes for a boolean, a date or another number than is written: where a
 * text is wanted it needs quotes. */
bool rf_tree_is_ambiguous(const struct node *node);
/* The value of a key in a map, or NULL. */
const struct node *rf_tree_get(const struct node *map, const char *key);

#endif
