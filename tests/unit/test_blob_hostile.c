/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs that are well-formed and hostile: fields at their ends, records more or fewer or in another place, words of the
 * bytes changed, checksums right.  Built with sanitizers this finds what reads outside or overflows.  And whatever is
 * accepted is the one encoding of what it says: written again it is the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blob_sample.h"
#include "dump.h"
#include "reader.h"

#define ROUNDS 20000
#define ROOM   16 /* records of a section; the sample has at most 7 */

static struct sample s;
static struct bytes out, again;
static uint8_t records[RF_SECTION_END][ROOM * 64];

static uint32_t below(uint32_t n) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16) % n;
}

static uint64_t number(void) {
    static const uint64_t ends[] = {0,
                                    1,
                                    2,
                                    3,
                                    4,
                                    8,
                                    63,
                                    64,
                                    0x7fff,
                                    0xffff,
                                    INT32_MAX,
                                    0x80000000,
                                    UINT32_MAX,
                                    RF_STRING_MAX,
                                    0xfffffffe,
                                    INT64_MAX,
                                    UINT64_C(1) << 63,
                                    UINT64_MAX};
    return below(4) ? ends[below(sizeof ends / sizeof ends[0])] : below(40) - UINT64_C(20);
}

static struct rf_str string(void) {
    static const char *const texts[] = {"",
                                        "/",
                                        "/a",
                                        "/a/../b",
                                        "..",
                                        "a/b",
                                        "=",
                                        "A=",
                                        "0..0",
                                        "::/0",
                                        "1..18446744073709551615",
                                        "1.2.3.4/32",
                                        "::1.2.3.4",
                                        "/proc/x",
                                        "/sys/fs/cgroup",
                                        "/dev",
                                        "/kernel/../x",
                                        "/net/x",
                                        "18446744073709551616"};
    if (below(8) == 0) return RF_STR_ABSENT;
    if (below(16) == 0) return (struct rf_str){below(s.pool.used), below(64)};
    return sample_str(&s, texts[below(sizeof texts / sizeof texts[0])]);
}

static void change_text(uint8_t *at) {
    struct rf_text text;
    memcpy(&text, at, sizeof text);
    if (below(2)) text.prefix = string();
    if (below(2)) text.suffix = string();
    if (below(2)) text.parameter = below(3) ? below(6) : RF_NONE;
    memcpy(at, &text, sizeof text);
}

static void change_field(const struct rf_field *field, uint8_t *at) {
    uint64_t value = number();
    struct rf_str text;
    switch ((enum rf_kind)field->kind) {
    case RF_KIND_TEXT:
    case RF_KIND_TEXT_OPT:
    case RF_KIND_PARAM_TEXT: change_text(at); return;
    case RF_KIND_STR:
    case RF_KIND_STR_OPT:
    case RF_KIND_PATH:
    case RF_KIND_NAME:
        text = string();
        memcpy(at, &text, sizeof text);
        return;
    case RF_KIND_U64:
    case RF_KIND_I64: memcpy(at, &value, sizeof value); return;
    default:
        if (below(2)) value = field->most - below(2);
        memcpy(at, &value, sizeof(uint32_t));
    }
}

static void change_record(void) {
    const uint32_t type = RF_STRINGS + 1 + below(RF_SECTION_END - RF_STRINGS - 1);
    const struct rf_layout *layout = &rf_layout_sections[type];
    uint32_t *count = &s.plan.count[type];
    uint8_t *last = records[type] + (size_t)*count * layout->size;
    const uint32_t fields = layout[1].first - layout->first, how = below(8);
    if (how == 0 && *count > 0 && *count < ROOM) { /* one twice */
        memcpy(last, records[type] + (size_t)below(*count) * layout->size, layout->size);
        ++*count;
    }
    if (how == 1 && *count > 0) --*count;
    if (*count == 0) return;
    uint8_t *record = records[type] + (size_t)below(*count) * layout->size;
    if (fields == 0) {
        record[below(layout->size)] = (uint8_t)number(); /* of an instruction */
    } else {
        const struct rf_field *field = &rf_layout_fields[layout->first + below(fields)];
        change_field(field, record + field->offset);
    }
}

static void ignore(void *ctx, uint32_t section, uint32_t index, const char *text) {
    (void)section, (void)index;
    *(size_t *)ctx += strlen(text);
}

/* In memory that ends where the blob ends. */
static bool judge(const struct bytes *b) {
    static struct rf_pool pool;
    struct rf_view v;
    struct rf_map map;
    struct rf_plan plan;
    size_t said = 0;
    void *exact = malloc(b->length);
    assert_non_null(exact);
    memcpy(exact, b->at, b->length);
    const bool good = rf_view_open(&v, exact, b->length) == RF_BLOB_OK;
    if (good) {
        rf_dump(&v, ignore, &said);
        assert_true(said > 0);
        if (rf_view_map_open(&v, &map) == RF_BLOB_OK) {
            assert_int_equal(rf_build_plan_of(&v, &plan, &pool), RF_BLOB_OK);
            assert_int_equal(rf_build(&plan, again.at, sizeof again.at, &again.length, sample_sha256), RF_BLOB_OK);
            assert_int_equal(again.length, b->length);
            assert_memory_equal(again.at + sizeof *v.header, b->at + sizeof *v.header, b->length - sizeof *v.header);
        }
    }
    free(exact);
    return good;
}

static void hostile_blobs(void **state) {
    (void)state;
    unsigned accepted = 0;
    const uint32_t behind = offsetof(struct rf_header, section_count) / 4; /* the lengths, which sample_sum() uses */
    for (unsigned round = 0; round < ROUNDS; round++) {
        memset(&s, 0, sizeof s);
        sample_fill(&s);
        for (uint32_t type = RF_STRINGS + 1; type < RF_SECTION_END; type++) {
            const size_t length = (size_t)s.plan.count[type] * rf_layout_sections[type].size;
            assert_true(length <= sizeof records[type]);
            if (length > 0) memcpy(records[type], s.plan.records[type], length);
            s.plan.records[type] = records[type];
        }
        if (below(2)) s.plan.map_file_count = s.plan.map_entry_count = 0;
        for (uint32_t n = 1 + below(3); n > 0; n--) change_record();
        out.length = 0;
        (void)rf_build(&s.plan, out.at, sizeof out.at, &out.length, sample_sha256);
        if (out.length == 0) continue; /* a string outside of the pool, a section too long */
        accepted += judge(&out);
        for (uint32_t n = below(4); n > 0; n--) {
            const uint32_t value = (uint32_t)number();
            memcpy(out.at + 4 * (size_t)(behind + below((uint32_t)out.length / 4 - behind)), &value, sizeof value);
        }
        sample_sum(&out);
        accepted += judge(&out);
    }
    assert_true(accepted > ROUNDS / 10); /* else all of it was refused for one reason */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(hostile_blobs)};
    return cmocka_run_group_tests_name("hostile blobs", tests, NULL, NULL);
}
