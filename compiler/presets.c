/* SPDX-License-Identifier: Apache-2.0 */
#include "presets.h"
#include "bind.h"

#include <stdlib.h>
#include <string.h>

static struct source *source_of(struct rf_arena *arena, const char *yaml) {
    char *text = rf_arena_printf(arena, "preset: %s\n", yaml);
    uint32_t *starts = rf_arena_alloc(arena, 2 * sizeof *starts);
    starts[1] = (uint32_t)strlen(text);
    struct source *source = RF_NEW(arena, struct source);
    *source = (struct source){.path = "<default>",
                              .label = "<default>",
                              .text = text,
                              .length = starts[1],
                              .lines = 1,
                              .line_starts = starts,
                              .order = UINT32_MAX - 1};
    return source;
}

static void bind_preset(struct compile_context *c, const struct key_info *key, struct value *value) {
    struct bind b = {c, c->presets};
    const struct node *root = rf_tree_parse(c->arena, c->diags, source_of(c->arena, key->preset));
    if (!root || !rf_value_bind(&b, key, root->pairs[0].value, value))
        abort(); /* keys.def itself is wrong: the first test run shows it */
}

const struct value *rf_preset(struct compile_context *c, enum key_id key) {
    if (!c->preset_values) {
        c->presets = RF_NEW(c->arena, struct file);
        c->presets->is_preset = true;
        c->preset_values = rf_arena_alloc(c->arena, KEY_COUNT * sizeof *c->preset_values);
    }
    if (!rf_keys[key].preset) return NULL;
    struct value *value = &c->preset_values[key];
    if (!value->set) bind_preset(c, &rf_keys[key], value);
    return value;
}
