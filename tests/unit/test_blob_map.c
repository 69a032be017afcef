/* SPDX-License-Identifier: Apache-2.0 */
/* The source map: damage, crafted maps, finding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "blob_sample.h"

static struct bytes good, bad;

static int setup(void **state) {
    (void)state;
    sample_bytes(&good);
    bad = good;
    return 0;
}

static enum rf_blob_error open_map(struct rf_map *map) {
    struct rf_view v;
    assert_int_equal(rf_view_open(&v, bad.at, bad.length), RF_BLOB_OK);
    return rf_view_map_open(&v, map);
}

static void refuses_every_bit_flip(void **state) {
    (void)state;
    uint32_t launch = sample_header(&good)->launch_length;
    struct rf_map map, before;
    memset(&map, 0xa5, sizeof map);
    before = map;
    assert_true(good.length > launch);
    for (size_t bit = launch * 8; bit < good.length * 8; bit++) {
        bad.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(open_map(&map), RF_BLOB_E_MAP);
        bad.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_memory_equal(&map, &before, sizeof map);
    assert_int_equal(open_map(&map), RF_BLOB_OK);
}

static struct rf_map_header *head(void) {
    return (void *)(bad.at + sample_header(&bad)->launch_length);
}
static struct rf_map_file *file(uint32_t i) {
    return (struct rf_map_file *)(head() + 1) + i;
}
static struct rf_map_entry *entry(uint32_t i) {
    return (struct rf_map_entry *)file(head()->file_count) + i;
}
static char *names(void) {
    return (char *)entry(head()->entry_count);
}

static void cut(size_t length) {
    bad.length = length;
    sample_header(&bad)->total_length = (uint32_t)length;
}

static void swap_entries(void) {
    struct rf_map_entry one = *entry(0);
    *entry(0) = *entry(1);
    *entry(1) = one;
}

static void move(uint32_t i, uint32_t section, uint32_t index) {
    entry(i)->section = section;
    entry(i)->index = index;
}

/* The entries in order: 0 NAMESPACES 24, 1 ROOT 0, 2 MOUNTS 0, 3 MOUNTS 2, 4 LIMITS 2, 5 CONFINE 0, 6 FILTER 165, 7
 * FILTER RF_NONE.  X(name, error, change): on the sample's bytes; the checksums are made right afterwards. */
#define CASES(X)                                                                                                       \
    X(nothing, NONE, (void)0)                                                                                          \
    X(reserved, MAP, head()->reserved = 1)                                                                             \
    X(more_files, MAP, head()->file_count++)                                                                           \
    X(no_files, MAP, head()->file_count = 0)                                                                           \
    X(huge_files, MAP, head()->file_count = UINT32_MAX)                                                                \
    X(more_entries, MAP, head()->entry_count++)                                                                        \
    X(huge_entries, MAP, head()->entry_count = UINT32_MAX)                                                             \
    X(more_bytes, MAP, head()->string_bytes++)                                                                         \
    X(fewer_bytes, MAP, head()->string_bytes--)                                                                        \
    X(byte_behind, MAP, cut(bad.length + 1); head()->string_bytes++)                                                   \
    X(cut_to_header, MAP, cut(sample_header(&bad)->launch_length + 16))                                                \
    X(cut_in_header, MAP, cut(sample_header(&bad)->launch_length + 15))                                                \
    X(cut_to_byte, MAP, cut(sample_header(&bad)->launch_length + 1))                                                   \
    X(name_offset, MAP, file(1)->name.offset = 0)                                                                      \
    X(name_offset_huge, MAP, file(1)->name.offset = RF_NONE)                                                           \
    X(name_empty, MAP, file(0)->name.length = 0)                                                                       \
    X(name_short, MAP, file(0)->name.length--)                                                                         \
    X(name_long, MAP, file(0)->name.length++)                                                                          \
    X(name_huge, MAP, file(1)->name.length = UINT32_MAX)                                                               \
    X(nul_in_name, MAP, names()[1] = 0)                                                                                \
    X(nul_missing, MAP, names()[head()->string_bytes - 1] = 'x')                                                       \
    X(entry_order, MAP, swap_entries())                                                                                \
    X(entry_twice, MAP, *entry(1) = *entry(0))                                                                         \
    X(entry_file, MAP, entry(0)->file = 2)                                                                             \
    X(entry_line, MAP, entry(0)->line = 0)                                                                             \
    X(entry_column, MAP, entry(0)->column = 0)                                                                         \
    X(section_0, MAP, move(0, 0, 0))                                                                                   \
    X(section_strings, MAP, move(0, RF_STRINGS, 0))                                                                    \
    X(section_parameter, NONE, move(0, RF_PARAMETERS, 2))                                                              \
    X(section_parameter_5, MAP, move(0, RF_PARAMETERS, 5))                                                             \
    X(section_end, MAP, move(7, RF_SECTION_END, 0))                                                                    \
    X(section_huge, MAP, move(7, UINT32_MAX, 0))                                                                       \
    X(field_inside, MAP, move(0, RF_NAMESPACES, 25))                                                                   \
    X(field_other, NONE, move(0, RF_NAMESPACES, 16))                                                                   \
    X(record_behind, MAP, move(3, RF_MOUNTS, 4))                                                                       \
    X(another_machine, NONE, move(7, RF_FILTER_RISCV64, 93))                                                           \
    X(action_behind_the_filters, MAP, move(7, RF_LANDLOCK_PATHS, 1))

#define X(name, error, ...)                                                                                            \
    static void change_##name(void) {                                                                                  \
        __VA_ARGS__;                                                                                                   \
    }
CASES(X)
#undef X

static const struct {
    const char *name;
    enum rf_blob_error error;
    void (*change)(void);
} cases[] = {
#define X(name, error, ...) {#name, RF_BLOB_E_##error, change_##name},
    CASES(X)
#undef X
};

static void refuses_crafted_maps(void **state) {
    (void)state;
    unsigned failures = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bad = good;
        cases[i].change();
        sample_sum(&bad);
        struct rf_map map;
        enum rf_blob_error error = open_map(&map);
        if (error == cases[i].error) continue;
        print_error("%s: %s\n", cases[i].name, rf_blob_error_text(error));
        failures++;
    }
    assert_int_equal(failures, 0);
}

static void finds_every_entry_and_no_other(void **state) {
    (void)state;
    struct rf_map map;
    assert_int_equal(open_map(&map), RF_BLOB_OK);
    assert_int_equal(map.entry_count, 8);
    for (uint32_t i = 0; i < map.entry_count; i++)
        assert_ptr_equal(rf_map_find(&map, map.entries[i].section, map.entries[i].index), &map.entries[i]);
    assert_null(rf_map_find(&map, RF_MOUNTS, 1));
    assert_null(rf_map_find(&map, RF_MOUNTS, 3));
    assert_null(rf_map_find(&map, 0, 0));
    assert_null(rf_map_find(&map, UINT32_MAX, UINT32_MAX));
    const struct rf_map_entry *found = rf_map_find(&map, RF_FILTER_X86_64, 165);
    assert_non_null(found);
    assert_string_equal(rf_map_file_name(&map, found), "../org.base.yaml");
    assert_int_equal(found->line, 81);
    assert_int_equal(found->column, 5);
    assert_string_equal(rf_map_file_name(&map, rf_map_find(&map, RF_MOUNTS, 2)), "db.ringfence.yaml");
}

static void opens_without_a_map(void **state) {
    (void)state;
    struct rf_map map;
    cut(sample_header(&bad)->launch_length);
    sample_sum(&bad);
    assert_int_equal(open_map(&map), RF_BLOB_OK);
    assert_int_equal(map.file_count, 0);
    assert_null(rf_map_find(&map, RF_MOUNTS, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(refuses_every_bit_flip, setup),
        cmocka_unit_test_setup(refuses_crafted_maps, setup),
        cmocka_unit_test_setup(finds_every_entry_and_no_other, setup),
        cmocka_unit_test_setup(opens_without_a_map, setup),
    };
    return cmocka_run_group_tests_name("blob map", tests, NULL, NULL);
}
