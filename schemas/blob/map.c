/* SPDX-License-Identifier: Apache-2.0 */
/* The source map: read only to name a line of the policy. */
#include "reader.h"

static enum rf_blob_error check_files(const struct rf_map *map) {
    uint32_t next = 0;
    for (uint32_t i = 0; i < map->file_count; i++) {
        struct rf_str name = map->files[i].name;
        if (name.offset != next || name.length == 0 || name.length > RF_STRING_MAX ||
            name.length >= map->string_bytes - next)
            return RF_BLOB_E_MAP;
        for (uint32_t k = 0; k < name.length; k++) {
            if (map->strings[next + k] == 0) return RF_BLOB_E_MAP;
        }
        if (map->strings[next + name.length] != 0) return RF_BLOB_E_MAP;
        next += name.length + 1;
    }
    return next == map->string_bytes ? RF_BLOB_OK : RF_BLOB_E_MAP;
}

/* Whether `index` names a record, a field of a one-record section, or a call of a filter that is there. */
static bool place_ok(const struct rf_view *v, uint32_t section, uint32_t index) {
    if (section <= RF_STRINGS || section >= RF_SECTION_END || v->count[section] == 0) return false;
    if (RF_IS_FILTER(section)) return true;
    const struct rf_layout *layout = &rf_layout_sections[section];
    if (layout->most > 1) return index < v->count[section];
    for (uint32_t f = layout->first; f < layout[1].first; f++) {
        if (rf_layout_fields[f].offset == index) return true;
    }
    return false;
}

static int compare(const struct rf_map_entry *e, uint32_t section, uint32_t index) {
    if (e->section != section) return e->section < section ? -1 : 1;
    return (e->index > index) - (e->index < index);
}

static enum rf_blob_error check_entries(const struct rf_view *v, const struct rf_map *map) {
    for (uint32_t i = 0; i < map->entry_count; i++) {
        const struct rf_map_entry *e = &map->entries[i];
        if (!place_ok(v, e->section, e->index) || e->file >= map->file_count || e->line == 0 || e->column == 0)
            return RF_BLOB_E_MAP;
        if (!RF_IS_FILTER(e->section) && e->action != 0) return RF_BLOB_E_MAP;
        int order = i > 0 ? compare(&e[-1], e->section, e->index) : -1;
        if (order > 0 || (order == 0 && e[-1].action >= e->action)) return RF_BLOB_E_MAP;
    }
    return RF_BLOB_OK;
}

enum rf_blob_error rf_view_map_open(const struct rf_view *v, struct rf_map *map) {
    struct rf_map m = {0};
    uint32_t length = v->total - v->length;
    if (length > 0) {
        const uint8_t *bytes = v->base + v->length;
        const struct rf_map_header *h = (const void *)bytes;
        if (length < sizeof *h || rf_crc32c(0, bytes, length) != v->header->map_crc) return RF_BLOB_E_MAP;
        uint64_t files = (uint64_t)h->file_count * sizeof *m.files;
        uint64_t entries = (uint64_t)h->entry_count * sizeof *m.entries;
        if (h->reserved != 0 || h->file_count == 0 || sizeof *h + files + entries + h->string_bytes != length)
            return RF_BLOB_E_MAP;
        m.files = (const void *)(bytes + sizeof *h);
        m.entries = (const void *)(bytes + sizeof *h + files);
        m.strings = (const char *)(bytes + sizeof *h + files + entries);
        m.file_count = h->file_count;
        m.entry_count = h->entry_count;
        m.string_bytes = h->string_bytes;
        enum rf_blob_error error = check_files(&m);
        if (!error) error = check_entries(v, &m);
        if (error) return error;
    }
    *map = m;
    return RF_BLOB_OK;
}

const struct rf_map_entry *rf_map_find(const struct rf_map *map, uint32_t section, uint32_t index) {
    uint32_t low = 0, high = map->entry_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare(&map->entries[middle], section, index) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == map->entry_count || compare(&map->entries[low], section, index) != 0) return NULL;
    return &map->entries[low];
}

const char *rf_map_file_name(const struct rf_map *map, const struct rf_map_entry *entry) {
    return map->strings + map->files[entry->file].name.offset;
}
