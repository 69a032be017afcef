/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging a file with its bases, by the merge column of keys.def.
 *
 * Bases are merged by themselves first and then united, whatever their order in `extends`; then the file's own
 * keys are applied.  Uniting decides member by member (a scalar is one member): whoever is extended by another
 * base that says something about the member is overruled; of those that are left, sets unite, and everything
 * else must agree, or it is an error unless this file says it itself.
 */
#ifndef RF_MERGE_H
#define RF_MERGE_H

#include "policy.h"

/* Fills file->merged for the file and its bases, then the language's presets for what nobody said. */
void rf_merge(struct compile_context *c, struct file *file);

/* Whether two values of one key say the same. */
bool rf_merge_same(const struct key_info *key, const struct value *a, const struct value *b);

/* Live members of a merged set. */
size_t rf_merge_count(const struct value *value);

#endif
