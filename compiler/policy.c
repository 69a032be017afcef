/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include <string.h>

bool rf_file_extends(const struct file *a, const struct file *b) {
    return a == b || (b->source && a->ancestors >> b->source->order & 1);
}

struct item *rf_item_find(const struct value *value, const char *name) {
    for (size_t i = 0; i < value->count; i++)
        if (strcmp(value->items[i].name, name) == 0) return &value->items[i];
    return NULL;
}
