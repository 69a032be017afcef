/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the bind phase: node tree to typed values.  Each function reports what is wrong at the node it
 * is wrong at, and returns whether the value may be used. */
#ifndef RF_BIND_H
#define RF_BIND_H

#include "policy.h"

struct bind {
    struct compile_context *c;
    struct file *file;
};

/* scalars.c: one scalar of a scalar type (T_INT .. T_ACTION). */
bool rf_scalar_bind(struct bind *b, const struct key_info *key, const struct node *node, struct value *value);

/* scalars_text.c: the text-like ones (T_BOOL, T_ENUM, T_TEXT, T_TEMPLATE). */
/* Reports a parameter where none can stand. */
void rf_scalar_bad_place(struct bind *b, const struct node *node);
bool rf_scalar_bind_text(struct bind *b, const struct key_info *key, const struct node *node, struct value *value);

/* Texts, for members of sets and lists too.  `what` completes "... must be". */
bool rf_scalar_text(struct bind *b, const char *spec, const struct node *node);
/* Text of process.args and process.env: at most one $(parameter), or none at all; $$( is a plain $(. */
bool rf_scalar_template(struct bind *b, const struct node *node, struct value *value);
bool rf_scalar_is_name(const char *text, size_t length);
bool rf_scalar_is_path(const char *text, size_t length);
/* Number with unit; most is the largest value allowed; max_word: the word max is allowed. */
bool rf_scalar_quantity(struct bind *b, const char *units, const struct node *node, uint64_t *number);
bool rf_scalar_action(struct bind *b, const char *spec, const struct node *node, struct rf_action *action);
bool rf_scalar_number(struct bind *b, const struct node *node, uint64_t low, uint64_t high, bool allow_max,
                      uint64_t *number);
bool rf_scalar_decimal(const char *text, const char **end, uint64_t *number);
/* "a|b" -> "a, b" */
const char *rf_scalar_choices(struct rf_arena *arena, const char *spec);
/* "lo..hi" or "lo..hi|max" of keys.def. */
void rf_scalar_range(const char *spec, uint64_t *low, uint64_t *high, bool *allow_max);
bool rf_scalar_seconds(struct bind *b, const struct node *node, int64_t *seconds);

/* Reports that `node` should have been `expected` ("a number", "a list of paths"). */
void rf_bind_wrong_type(struct bind *b, const struct node *node, const char *expected);

/* members.c: one member of a set or list of kind `spec`; fills name, text, num; may add several items for a group. */
bool rf_member_bind(struct bind *b, const char *spec, const struct node *node, bool remove, struct value *value);

/* bind_values.c: everything that is not a scalar. */
bool rf_value_bind(struct bind *b, const struct key_info *key, const struct node *node, struct value *value);

/* bind_tuning.c */
bool rf_graded_bind(struct bind *b, const struct key_info *key, const struct node *node, struct value *value);
bool rf_ranges_bind(struct bind *b, const struct key_info *key, const struct node *node, struct value *value);
bool rf_sysctls_bind(struct bind *b, const struct node *node, struct value *value);

/* bind_records.c: one entry (`where` names the list in messages), a keyed list or map of them, `never`. */
bool rf_record_bind(struct bind *b, const char *record, const char *where, const struct node *node, struct item *item);
bool rf_records_bind(struct bind *b, const struct key_info *key, const struct node *node, struct value *value);
bool rf_never_bind(struct bind *b, const struct node *node, struct value *value);

/* bind.c */

/* Whether LATER_WORD has what stands at `node` as the value of `key`: then it has been refused. */
bool rf_bind_refuse_later(struct bind *b, const struct key_info *key, const struct node *node);

#endif
