/* SPDX-License-Identifier: Apache-2.0 */
#include "lower.h"
#include "parameters.h"

#include <stdlib.h>
#include <string.h>

struct rf_str rf_lower_string(struct lower *l, const char *text) {
    return rf_pool_add(l->pool, text, strlen(text));
}

void *rf_lower_records(struct lower *l, enum rf_section_type type, size_t count, size_t size) {
    void *records = count ? rf_arena_alloc(l->c->arena, count * size) : NULL;
    l->plan.records[type] = records;
    l->plan.count[type] = (uint32_t)count;
    return records;
}

static int by_name(const void *a, const void *b) {
    return strcmp((*(const struct item *const *)a)->name, (*(const struct item *const *)b)->name);
}

const struct item **rf_lower_sorted(struct lower *l, const struct value *v, size_t *count) {
    const struct item **list = rf_arena_alloc(l->c->arena, (v->count + 1) * sizeof *list);
    *count = 0;
    for (size_t i = 0; i < v->count; i++)
        if (!v->items[i].gone) list[(*count)++] = &v->items[i];
    if (*count) qsort(list, *count, sizeof *list, by_name);
    return list;
}

static bool is_written(struct span at) {
    return at.source && at.source->order != UINT32_MAX - 1;
}

void rf_lower_note(struct lower *l, enum rf_section_type section, uint32_t index, struct span at) {
    rf_lower_note_action(l, section, index, 0, at);
}

void rf_lower_note_action(struct lower *l, enum rf_section_type section, uint32_t index, uint32_t ret, struct span at) {
    if (!is_written(at)) return;
    struct rf_map_entry entry = {section, index, at.source->order, at.line, at.column, (int32_t)ret};
    RF_PUSH(l->c->arena, l->entries, l->entry_count, entry);
}

bool rf_lower_is_optional(const struct lower *l, const char *key) {
    const struct item *item = rf_item_find(&l->p->optional, key);
    return item && !item->gone;
}

static uint32_t parameter_index(struct lower *l, const char *name) {
    size_t n;
    const struct item **sorted = rf_lower_sorted(l, &l->p->parameters, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(sorted[i]->name, name) == 0) return (uint32_t)i;
    return RF_NONE;
}

struct rf_text rf_lower_text(struct lower *l, const struct value *v) {
    if (!v->parameter) return (struct rf_text){rf_lower_string(l, v->text), RF_STR_ABSENT, RF_NONE, 0};
    return (struct rf_text){*v->text ? rf_lower_string(l, v->text) : RF_STR_ABSENT,
                            *v->suffix ? rf_lower_string(l, v->suffix) : RF_STR_ABSENT,
                            parameter_index(l, v->parameter), 0};
}

static void add_fill(struct lower *l, enum rf_section_type section, size_t i, const struct value *v) {
    const struct rf_fill fill = {section, (uint32_t)i, rf_lower_text(l, v)};
    RF_PUSH(l->c->arena, l->fills, l->fill_count, fill);
}

struct rf_str rf_lower_filled(struct lower *l, enum rf_section_type section, size_t i, const char *before,
                              const struct item *item) {
    const char *text = rf_arena_printf(l->c->arena, "%s%s", before, item->text);
    if (!item->parameter) return rf_lower_string(l, text);
    add_fill(l, section, i, &(struct value){.text = text, .parameter = item->parameter, .suffix = item->suffix});
    return rf_lower_string(l, "");
}

void rf_lower_fill_number(struct lower *l, enum rf_section_type section, size_t i, const char *parameter) {
    add_fill(l, section, i, &(struct value){.text = "", .parameter = parameter, .suffix = ""});
}

static int by_record(const void *pa, const void *pb) {
    const struct rf_fill *a = pa, *b = pb;
    if (a->section != b->section) return a->section < b->section ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static void lower_fills(struct lower *l) {
    if (l->fill_count) qsort(l->fills, l->fill_count, sizeof *l->fills, by_record);
    l->plan.records[RF_FILLS] = l->fills;
    l->plan.count[RF_FILLS] = (uint32_t)l->fill_count;
}

static void lower_parameters(struct lower *l) {
    size_t n;
    const struct item **sorted = rf_lower_sorted(l, &l->p->parameters, &n);
    struct rf_parameter *out = RF_LOWER_RECORDS(l, PARAMETERS, struct rf_parameter, n);
    for (size_t i = 0; i < n; i++) {
        const struct value *f = sorted[i]->fields;
        const char *bound = rf_parameter_bound(l->c->arena, sorted[i]);
        out[i].name = rf_lower_string(l, sorted[i]->name);
        out[i].under = bound ? rf_lower_string(l, bound) : RF_STR_ABSENT;
        out[i].fallback =
            f[FIELD_parameter_preset].set ? rf_lower_string(l, f[FIELD_parameter_preset].text) : RF_STR_ABSENT;
        out[i].type = rf_parameter_type(sorted[i]);
        out[i].max_length = rf_parameter_longest(sorted[i]);
        rf_lower_note(l, RF_PARAMETERS, (uint32_t)i, sorted[i]->at);
    }
}

static int by_place(const struct rf_map_entry *a, const struct rf_map_entry *b) {
    if (a->section != b->section) return a->section < b->section ? -1 : 1;
    if (a->index != b->index) return a->index < b->index ? -1 : 1;
    return a->action < b->action ? -1 : a->action > b->action;
}

static int by_entry(const void *pa, const void *pb) {
    const struct rf_map_entry *a = pa, *b = pb;
    int order = by_place(a, b);
    if (order) return order;
    if (a->file != b->file) return a->file < b->file ? -1 : 1;
    return a->line != b->line ? (a->line < b->line ? -1 : 1) : (a->column > b->column) - (a->column < b->column);
}

/* Files in order of reading; entries sorted and, where several lines speak of one place, the first kept. */
static void lower_map(struct lower *l) {
    struct compile_context *c = l->c;
    struct rf_map_file *files = rf_arena_alloc(c->arena, c->file_count * sizeof *files);
    for (size_t i = 0; i < c->file_count; i++) {
        files[i].name = rf_lower_string(l, c->files[i]->source->label);
        memcpy(files[i].sha256, c->files[i]->source->sha256, sizeof files[i].sha256);
    }
    if (l->entry_count) qsort(l->entries, l->entry_count, sizeof *l->entries, by_entry);
    size_t n = 0;
    for (size_t i = 0; i < l->entry_count; i++)
        if (!n || by_place(&l->entries[n - 1], &l->entries[i]) != 0) l->entries[n++] = l->entries[i];
    l->plan.map_files = files;
    l->plan.map_file_count = (uint32_t)c->file_count;
    l->plan.map_entries = l->entries;
    l->plan.map_entry_count = (uint32_t)n;
}

void rf_lower(struct lower *l) {
    l->p = &l->file->merged;
    l->pool = RF_NEW(l->c->arena, struct rf_pool);
    l->plan.pool = l->pool;
    l->plan.language = (uint32_t)l->file->own.ringfence.num;
    l->plan.kernel = (uint32_t)l->p->kernel.num;
    lower_parameters(l);
    rf_lower_process(l);
    rf_lower_tuning(l);
    rf_lower_root(l);
    rf_lower_resources(l);
    rf_lower_seccomp(l);
    rf_lower_landlock(l);
    lower_fills(l);
    lower_map(l);
}
