/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a blob: header, section table, then one walk over every field of every record. */
#include "reader.h"

#include <stddef.h>

const char *rf_blob_error_text(enum rf_blob_error error) {
    /* one behind the other: no pointers have to be stored */
    static const char texts[] =
#define X(id, text) text "\0"
        RF_BLOB_ERRORS(X)
#undef X
            "unknown error";
    const char *text = texts;
    for (unsigned n = error; n > 0 && text < texts + sizeof texts - sizeof "unknown error"; n--) {
        while (*text++) {
        }
    }
    return text;
}

const char *rf_view_string(const struct rf_view *v, struct rf_str s) {
    if (rf_text_absent(s)) return NULL;
    return (const char *)v->records[RF_STRINGS] + s.offset;
}

const struct rf_fill *rf_view_fill(const struct rf_view *v, enum rf_section_type section, uint32_t index) {
    for (uint32_t i = 0; i < v->count[RF_FILLS]; i++) {
        const struct rf_fill *fill = RF_RECORD(v, FILLS, struct rf_fill, i);
        if (fill->section == section && fill->index == index) return fill;
    }
    return NULL;
}

static bool starts_with(const uint8_t *bytes, size_t length, const char *with, size_t n) {
    return length >= n && __builtin_memcmp(bytes, with, n) == 0;
}
#define STARTS_WITH(bytes, length, literal) starts_with(bytes, length, literal, sizeof(literal) - 1)

/* The four ways in which line-end conversion mangles the last half of the magic. */
static bool looks_converted(const uint8_t *bytes, size_t length) {
    if (!STARTS_WITH(bytes, length, "\x8fRFN")) return false;
    bytes += 4;
    length -= 4;
    return STARTS_WITH(bytes, length, "\n\x1a\n")        /* CR LF to LF */
           || STARTS_WITH(bytes, length, "\r\r\n\x1a")   /* every LF to CR LF */
           || STARTS_WITH(bytes, length, "\r\n\x1a\r\n") /* a lone LF to CR LF */
           || STARTS_WITH(bytes, length, "\r\x1a\r");    /* CR LF and LF to CR */
}

/* Comments and blank lines, then "---", "%YAML" or a key: someone passed the policy instead of the blob. */
static bool looks_like_yaml(const uint8_t *bytes, size_t length) {
    size_t at = STARTS_WITH(bytes, length, "\xef\xbb\xbf") ? 3 : 0;
    if (STARTS_WITH(bytes + at, length - at, "#!")) return false; /* a script */
    while (at < length && (bytes[at] == '#' || bytes[at] == '\n' || bytes[at] == '\r')) {
        while (at < length && bytes[at] != '\n') at++;
        if (at < length) at++;
    }
    if (STARTS_WITH(bytes + at, length - at, "---") || STARTS_WITH(bytes + at, length - at, "%YAML")) return true;
    size_t key = at;
    while (at < length && ((bytes[at] >= 'a' && bytes[at] <= 'z') || bytes[at] == '_')) at++;
    if (at == key || at >= length || bytes[at] != ':') return false;
    return at + 1 == length || bytes[at + 1] == ' ' || bytes[at + 1] == '\n' || bytes[at + 1] == '\r';
}

static enum rf_blob_error check_magic(const uint8_t *bytes, size_t length) {
    if (STARTS_WITH(bytes, length, RF_BLOB_MAGIC)) return RF_BLOB_OK;
    if (looks_converted(bytes, length)) return RF_BLOB_E_TEXT_MODE;
    if (looks_like_yaml(bytes, length)) return RF_BLOB_E_YAML;
    return length < sizeof RF_BLOB_MAGIC - 1 ? RF_BLOB_E_TOO_SHORT : RF_BLOB_E_MAGIC;
}

static uint32_t launch_crc(const struct rf_header *h) {
    static const uint8_t zero[sizeof h->launch_crc];
    const uint8_t *bytes = (const uint8_t *)h;
    const size_t at = offsetof(struct rf_header, launch_crc), behind = at + sizeof zero;
    uint32_t crc = rf_crc32c(0, bytes, at);
    crc = rf_crc32c(crc, zero, sizeof zero);
    return rf_crc32c(crc, bytes + behind, h->launch_length - behind);
}

/* A higher major may have moved everything, so it is told before the checksum; all else is told only of a blob
 * that is as it was written. */
static enum rf_blob_error check_header(const uint8_t *bytes, size_t length) {
    const struct rf_header *h = (const void *)bytes;
    enum rf_blob_error error = check_magic(bytes, length);
    if (error) return error;
    if (length < sizeof *h) return RF_BLOB_E_TOO_SHORT;
    if (h->major != RF_BLOB_MAJOR) return RF_BLOB_E_VERSION;
    if (length > RF_BLOB_MAX) return RF_BLOB_E_TOO_LONG;
    if (h->total_length != length || h->launch_length > length || h->launch_length < sizeof *h ||
        h->launch_length % RF_BLOB_ALIGN != 0)
        return RF_BLOB_E_LENGTH;
    if (launch_crc(h) != h->launch_crc) return RF_BLOB_E_CHECKSUM;
    if (h->required & ~(uint64_t)RF_REQUIRE_ALL) return RF_BLOB_E_REQUIRED;
    if (h->total_length == h->launch_length && h->map_crc != 0) return RF_BLOB_E_MAP;
    return RF_BLOB_OK;
}

static enum rf_blob_error open_section(struct rf_view *v, const struct rf_section *s, uint32_t *at) {
    const struct rf_layout *layout = &rf_layout_sections[s->type];
    if (s->reserved != 0 || s->offset != *at || s->length > v->length - *at) return RF_BLOB_E_TABLE;
    if (s->length == 0 || s->length % layout->size != 0 || s->length / layout->size > layout->most)
        return RF_BLOB_E_RECORD;
    uint32_t end = *at + s->length;
    v->records[s->type] = v->base + *at;
    v->count[s->type] = s->length / layout->size;
    *at = rf_layout_align(end); /* the launch part's length is aligned too, so this stays inside */
    for (; end < *at; end++) {
        if (v->base[end] != 0) return RF_BLOB_E_PADDING;
    }
    return RF_BLOB_OK;
}

static enum rf_blob_error open_table(struct rf_view *v) {
    const struct rf_section *table = (const void *)(v->base + sizeof *v->header);
    uint32_t sections = v->header->section_count;
    if (sections >= RF_SECTION_END || sizeof *v->header + sections * sizeof *table > v->length) return RF_BLOB_E_TABLE;
    uint32_t at = (uint32_t)(sizeof *v->header + sections * sizeof *table), last = 0;
    for (uint32_t i = 0; i < sections; i++) {
        if (table[i].type <= last || table[i].type >= RF_SECTION_END) return RF_BLOB_E_SECTION;
        enum rf_blob_error error = open_section(v, &table[i], &at);
        if (error) return error;
        last = table[i].type;
    }
    if (at != v->length) return RF_BLOB_E_TABLE;
    for (uint32_t type = RF_STRINGS; type < RF_SECTION_END; type++) {
        if (v->count[type] < rf_layout_sections[type].fewest) return RF_BLOB_E_SECTION;
    }
    return RF_BLOB_OK;
}

/* The walk over the records: which string is due next, and which have been. */
struct walk {
    const struct rf_view *v;
    uint32_t next;
    struct rf_seen seen;
};

/* Either the next string of the pool, and a new one, or one that stood before. */
static enum rf_blob_error check_str(struct walk *w, struct rf_str s, bool optional) {
    if (rf_text_absent(s)) return optional && s.length == 0 ? RF_BLOB_OK : RF_BLOB_E_STRING;
    const char *pool = w->v->records[RF_STRINGS];
    uint32_t bytes = w->v->count[RF_STRINGS];
    if (s.length > RF_STRING_MAX || s.offset > w->next || s.offset >= bytes || s.length >= bytes - s.offset)
        return RF_BLOB_E_STRING;
    if (s.offset > 0 && pool[s.offset - 1] != 0) return RF_BLOB_E_STRING;
    const char *text = pool + s.offset;
    for (uint32_t i = 0; i < s.length; i++) {
        if (text[i] == 0) return RF_BLOB_E_STRING;
    }
    if (text[s.length] != 0) return RF_BLOB_E_STRING;
    if (s.offset < w->next) return RF_BLOB_OK;
    if (rf_text_find(&w->seen, pool, w->next, text, s.length, NULL)) return RF_BLOB_E_STRING;
    w->next += s.length + 1;
    return RF_BLOB_OK;
}

/* One encoding only: beside a parameter an empty piece is absent; without one there is no suffix. */
static enum rf_blob_error check_text(struct walk *w, const struct rf_text *t, bool optional) {
    bool parameter = t->parameter != RF_NONE;
    enum rf_blob_error error = check_str(w, t->prefix, optional || parameter);
    if (!error) error = check_str(w, t->suffix, true);
    if (error) return error;
    if (t->reserved != 0) return RF_BLOB_E_FIELD;
    if (!parameter) return rf_text_absent(t->suffix) ? RF_BLOB_OK : RF_BLOB_E_FIELD;
    if (t->parameter >= w->v->count[RF_PARAMETERS]) return RF_BLOB_E_FIELD;
    if (!rf_text_absent(t->prefix) && t->prefix.length == 0) return RF_BLOB_E_FIELD;
    if (!rf_text_absent(t->suffix) && t->suffix.length == 0) return RF_BLOB_E_FIELD;
    return RF_BLOB_OK;
}

static enum rf_blob_error check_number(enum rf_kind kind, uint32_t value, uint32_t most) {
    bool good = false;
    switch (kind) {
    case RF_KIND_U32: good = value <= most; break;
    case RF_KIND_FLAGS: good = (value & ~most) == 0; break;
    case RF_KIND_ENUM1: good = value >= 1 && value <= most; break;
    case RF_KIND_I32: good = value + most <= 2 * most; break; /* -most..most, shifted to 0..2*most */
    case RF_KIND_ZERO: good = value == 0; break;
    default: break;
    }
    return good ? RF_BLOB_OK : RF_BLOB_E_FIELD;
}

static enum rf_blob_error check_field(struct walk *w, const struct rf_field *f, const uint8_t *at) {
    enum rf_blob_error error;
    struct rf_text text;
    struct rf_str s;
    switch ((enum rf_kind)f->kind) {
    case RF_KIND_STR: return check_str(w, rf_layout_str(at), false);
    case RF_KIND_STR_OPT: return check_str(w, rf_layout_str(at), true);
    case RF_KIND_PATH:
    case RF_KIND_NAME:
        s = rf_layout_str(at);
        error = check_str(w, s, false);
        if (error) return error;
        if (f->kind == RF_KIND_PATH)
            return rf_text_is_path(rf_view_string(w->v, s), s.length) ? RF_BLOB_OK : RF_BLOB_E_FIELD;
        return rf_text_is_name(rf_view_string(w->v, s), s.length) ? RF_BLOB_OK : RF_BLOB_E_FIELD;
    case RF_KIND_TEXT:
    case RF_KIND_TEXT_OPT: text = rf_layout_text(at); return check_text(w, &text, f->kind == RF_KIND_TEXT_OPT);
    case RF_KIND_PARAM_TEXT:
        text = rf_layout_text(at);
        error = check_text(w, &text, false);
        if (error) return error;
        return rf_text_gives_path(w->v, &text) ? RF_BLOB_OK : RF_BLOB_E_FIELD;
    case RF_KIND_U64:
    case RF_KIND_I64: return RF_BLOB_OK;
    default: return check_number((enum rf_kind)f->kind, rf_layout_u32(at), f->most);
    }
}

static enum rf_blob_error check_records(struct walk *w) {
    for (uint32_t type = RF_STRINGS; type < RF_SECTION_END; type++) {
        const struct rf_layout *layout = &rf_layout_sections[type];
        const uint8_t *record = w->v->records[type];
        if (layout->first == layout[1].first) continue; /* bytes, instructions */
        for (uint32_t i = 0; i < w->v->count[type]; i++, record += layout->size) {
            for (uint32_t f = layout->first; f < layout[1].first; f++) {
                const struct rf_field *field = &rf_layout_fields[f];
                enum rf_blob_error error = check_field(w, field, record + field->offset);
                if (error) return error;
            }
        }
    }
    return w->next == w->v->count[RF_STRINGS] ? RF_BLOB_OK : RF_BLOB_E_STRING;
}

enum rf_blob_error rf_view_open(struct rf_view *view, const void *bytes, size_t length) {
    enum rf_blob_error error = check_header(bytes, length);
    if (error) return error;
    const struct rf_header *header = bytes;
    struct rf_view v = {
        .base = bytes, .length = header->launch_length, .total = header->total_length, .header = header};
    error = open_table(&v);
    if (error) return error;
    struct walk w = {.v = &v};
    error = check_records(&w);
    if (!error) error = rf_rules_check(&v);
    if (!error) *view = v;
    return error;
}
