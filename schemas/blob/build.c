/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a blob: records and strings are laid into the caller's buffer and moved to their place there. */
#include "build.h"

#include <string.h>

#include "reader.h"

struct rf_str rf_pool_add(struct rf_pool *pool, const char *text, size_t length) {
    struct rf_str s = {pool->used, (uint32_t)length};
    if (pool->used >= sizeof pool->bytes || length >= sizeof pool->bytes - pool->used) {
        pool->used = sizeof pool->bytes;
        return RF_STR_ABSENT;
    }
    if (length > 0) memcpy(pool->bytes + pool->used, text, length);
    pool->bytes[pool->used + length] = 0;
    pool->used += (uint32_t)length + 1;
    return s;
}

/*
 * The launch part while it is made.  The number of sections is known at the start, so STRINGS, the first one, grows
 * in its place; the records wait at the end of the buffer until its length is known.
 */
struct work {
    const struct rf_plan *plan;
    uint8_t *out;
    uint32_t sections;
    uint32_t strings; /* offset of STRINGS */
    uint32_t used;    /* bytes of STRINGS */
    uint32_t records; /* offset of the waiting records */
    struct rf_seen seen;
};

static enum rf_blob_error put_str(struct work *w, void *at) {
    struct rf_str s = rf_layout_str(at);
    if (rf_text_absent(s)) return RF_BLOB_OK;
    const struct rf_pool *pool = w->plan->pool;
    if (!pool || s.offset >= pool->used || s.length >= pool->used - s.offset) return RF_BLOB_E_STRING;
    char *strings = (char *)w->out + w->strings;
    const char *text = pool->bytes + s.offset;
    if (!rf_text_find(&w->seen, strings, w->used, text, s.length, &s.offset)) {
        if (s.length >= w->records - w->strings - w->used) return RF_BLOB_E_TOO_LONG;
        memcpy(strings + w->used, text, s.length);
        strings[w->used + s.length] = 0;
        s.offset = w->used;
        w->used += s.length + 1;
    }
    memcpy(at, &s, sizeof s);
    return RF_BLOB_OK;
}

/* The one encoding of an empty piece beside a parameter, and of an empty suffix, is an absent one. */
static enum rf_blob_error put_text(struct work *w, uint8_t *at) {
    struct rf_text t = rf_layout_text(at);
    if (t.parameter != RF_NONE && t.prefix.length == 0) t.prefix = RF_STR_ABSENT;
    if (t.suffix.length == 0) t.suffix = RF_STR_ABSENT;
    memcpy(at, &t, sizeof t);
    enum rf_blob_error error = put_str(w, at + offsetof(struct rf_text, prefix));
    return error ? error : put_str(w, at + offsetof(struct rf_text, suffix));
}

static enum rf_blob_error put_field(struct work *w, const struct rf_field *field, uint8_t *at) {
    switch ((enum rf_kind)field->kind) {
    case RF_KIND_STR:
    case RF_KIND_STR_OPT:
    case RF_KIND_PATH:
    case RF_KIND_NAME: return put_str(w, at);
    case RF_KIND_TEXT:
    case RF_KIND_TEXT_OPT:
    case RF_KIND_PARAM_TEXT: return put_text(w, at);
    default: return RF_BLOB_OK;
    }
}

/* Room for every section's records at the end of the buffer. */
static enum rf_blob_error place(struct work *w, uint32_t capacity) {
    uint64_t bytes = 0;
    w->sections = 1; /* STRINGS: a process has a working directory, so there always are some */
    for (uint32_t type = RF_STRINGS + 1; type < RF_SECTION_END; type++) {
        const struct rf_layout *layout = &rf_layout_sections[type];
        uint32_t count = w->plan->count[type];
        if (count > layout->most || (count > 0 && !w->plan->records[type])) return RF_BLOB_E_RECORD;
        if (count == 0) continue;
        w->sections++;
        bytes += rf_layout_align(count * layout->size);
    }
    w->strings = (uint32_t)(sizeof(struct rf_header) + w->sections * sizeof(struct rf_section));
    if (w->strings + bytes > capacity) return RF_BLOB_E_TOO_LONG;
    w->records = capacity - (uint32_t)bytes;
    return RF_BLOB_OK;
}

static enum rf_blob_error put_records(struct work *w) {
    uint8_t *record = w->out + w->records;
    for (uint32_t type = RF_STRINGS + 1; type < RF_SECTION_END; type++) {
        const struct rf_layout *layout = &rf_layout_sections[type];
        uint32_t count = w->plan->count[type], length = count * layout->size;
        if (count == 0) continue;
        memcpy(record, w->plan->records[type], length);
        memset(record + length, 0, rf_layout_align(length) - length);
        for (uint32_t i = 0; i < count && layout->first != layout[1].first; i++) {
            for (uint32_t f = layout->first; f < layout[1].first; f++) {
                const struct rf_field *field = &rf_layout_fields[f];
                enum rf_blob_error error = put_field(w, field, record + (size_t)i * layout->size + field->offset);
                if (error) return error;
            }
        }
        record += rf_layout_align(length);
    }
    return RF_BLOB_OK;
}

/* Moves the records behind STRINGS and writes the table; returns the length of the launch part. */
static uint32_t close_launch(struct work *w, uint32_t capacity) {
    uint32_t end = w->strings + w->used, at = rf_layout_align(end);
    memmove(w->out + at, w->out + w->records, capacity - w->records);
    memset(w->out + end, 0, at - end);
    struct rf_section section = {RF_STRINGS, w->strings, w->used, 0};
    uint8_t *table = w->out + sizeof(struct rf_header);
    memcpy(table, &section, sizeof section);
    for (uint32_t type = RF_STRINGS + 1; type < RF_SECTION_END; type++) {
        if (w->plan->count[type] == 0) continue;
        table += sizeof section;
        section = (struct rf_section){type, at, w->plan->count[type] * rf_layout_sections[type].size, 0};
        memcpy(table, &section, sizeof section);
        at += rf_layout_align(section.length);
    }
    return at;
}

static bool before(const struct rf_map_entry *a, const struct rf_map_entry *b) {
    if (a->section != b->section) return a->section < b->section;
    return a->index != b->index ? a->index < b->index : a->action < b->action;
}

/* Shell's sort: in place, and quick enough for some thousand entries. */
static void sort_entries(struct rf_map_entry *e, uint32_t count) {
    for (uint32_t gap = count / 2; gap > 0; gap /= 2) {
        for (uint32_t i = gap; i < count; i++) {
            struct rf_map_entry one = e[i];
            uint32_t at = i;
            for (; at >= gap && before(&one, &e[at - gap]); at -= gap) e[at] = e[at - gap];
            e[at] = one;
        }
    }
}

static enum rf_blob_error put_map(const struct rf_plan *plan, uint8_t *out, uint32_t capacity, uint32_t *length) {
    struct rf_map_header h = {.file_count = plan->map_file_count, .entry_count = plan->map_entry_count};
    uint64_t files_end = sizeof h + (uint64_t)h.file_count * sizeof(struct rf_map_file);
    uint64_t end = files_end + (uint64_t)h.entry_count * sizeof(struct rf_map_entry);
    if (end > capacity) return RF_BLOB_E_TOO_LONG;
    struct rf_map_entry *entries = (void *)(out + files_end);
    if (h.entry_count > 0) memcpy(entries, plan->map_entries, h.entry_count * sizeof *entries);
    sort_entries(entries, h.entry_count);
    uint32_t names = (uint32_t)end;
    for (uint32_t i = 0; i < h.file_count; i++) {
        struct rf_map_file file = plan->map_files[i];
        uint64_t start = (uint64_t)file.name.offset + plan->map_name_base;
        if (!plan->pool || start >= plan->pool->used || file.name.length >= plan->pool->used - start)
            return RF_BLOB_E_STRING;
        if (file.name.length >= capacity - names - h.string_bytes) return RF_BLOB_E_TOO_LONG;
        uint8_t *name = out + names + h.string_bytes;
        memcpy(name, plan->pool->bytes + start, file.name.length);
        name[file.name.length] = 0;
        file.name.offset = h.string_bytes;
        h.string_bytes += file.name.length + 1;
        memcpy(out + sizeof h + i * sizeof file, &file, sizeof file);
    }
    memcpy(out, &h, sizeof h);
    *length = names + h.string_bytes;
    return RF_BLOB_OK;
}

/* Identity first, while what it leaves out is zero; the launch part's checksum last, for it covers all the rest. */
static void seal(struct rf_header *h, uint32_t launch, uint32_t map,
                 void (*sha256)(const void *bytes, size_t n, uint8_t digest[32])) {
    const uint8_t *bytes = (const uint8_t *)h;
    uint8_t digest[sizeof h->identity];
    sha256(bytes, launch, digest);
    memcpy(h->identity, digest, sizeof digest);
    h->total_length = launch + map;
    h->map_crc = map > 0 ? rf_crc32c(0, bytes + launch, map) : 0;
    h->launch_crc = rf_crc32c(0, bytes, launch);
}

enum rf_blob_error rf_build(const struct rf_plan *plan, void *out, size_t capacity, size_t *length,
                            void (*sha256)(const void *bytes, size_t n, uint8_t digest[32])) {
    struct work w = {.plan = plan, .out = out};
    uint32_t room = capacity < RF_BLOB_MAX ? (uint32_t)capacity / RF_BLOB_ALIGN * RF_BLOB_ALIGN : RF_BLOB_MAX, map = 0;
    if (plan->pool && plan->pool->used >= sizeof plan->pool->bytes) return RF_BLOB_E_TOO_LONG;
    enum rf_blob_error error = place(&w, room);
    if (!error) error = put_records(&w);
    if (error) return error;
    uint32_t launch = close_launch(&w, room);
    bool has_map = plan->map_file_count > 0 || plan->map_entry_count > 0;
    if (has_map) error = put_map(plan, w.out + launch, room - launch, &map);
    if (error) return error;
    struct rf_header header = {.major = RF_BLOB_MAJOR,
                               .minor = RF_BLOB_MINOR,
                               .launch_length = launch,
                               .section_count = w.sections,
                               .required = plan->required,
                               .language = plan->language,
                               .kernel = plan->kernel};
    memcpy(header.magic, RF_BLOB_MAGIC, sizeof header.magic);
    memcpy(out, &header, sizeof header);
    seal(out, launch, map, sha256);
    *length = launch + map;
    struct rf_view view;
    struct rf_map unused;
    error = rf_view_open(&view, out, *length);
    return error ? error : rf_view_map_open(&view, &unused);
}

enum rf_blob_error rf_build_plan_of(const struct rf_view *view, struct rf_plan *plan, struct rf_pool *pool) {
    struct rf_map map;
    enum rf_blob_error error = rf_view_map_open(view, &map);
    if (error) return error;
    uint32_t bytes = view->count[RF_STRINGS]; /* with those of the map they fit: both come from one blob */
    memcpy(pool->bytes, view->records[RF_STRINGS], bytes);
    if (map.string_bytes > 0) memcpy(pool->bytes + bytes, map.strings, map.string_bytes);
    pool->used = bytes + map.string_bytes;
    *plan = (struct rf_plan){.required = view->header->required,
                             .language = view->header->language,
                             .kernel = view->header->kernel,
                             .pool = pool,
                             .map_files = map.files,
                             .map_entries = map.entries,
                             .map_file_count = map.file_count,
                             .map_entry_count = map.entry_count,
                             .map_name_base = bytes};
    for (uint32_t type = RF_STRINGS + 1; type < RF_SECTION_END; type++) {
        plan->records[type] = view->records[type];
        plan->count[type] = view->count[type];
    }
    return RF_BLOB_OK;
}
