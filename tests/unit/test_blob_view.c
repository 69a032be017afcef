/* SPDX-License-Identifier: Apache-2.0 */
/* Opening: damage, foreign files, header, section table, strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blob_sample.h"
#include "reader.h"

static struct bytes good, bad;

static enum rf_blob_error open_bad(void) {
    struct rf_view view, before;
    memset(&view, 0xa5, sizeof view);
    before = view;
    enum rf_blob_error error = rf_view_open(&view, bad.at, bad.length);
    if (error) assert_memory_equal(&view, &before, sizeof view);
    return error;
}

static int setup(void **state) {
    (void)state;
    sample_bytes(&good);
    bad = good;
    return 0;
}

static void accepts_the_sample(void **state) {
    (void)state;
    struct rf_view v;
    assert_int_equal(rf_view_open(&v, good.at, good.length), RF_BLOB_OK);
    assert_int_equal(rf_view_count(&v, RF_MOUNTS), 4);
    assert_string_equal(rf_view_string(&v, RF_RECORD(&v, MOUNTS, struct rf_mount, 1)->target), "/dev/shm");
    assert_null(rf_view_string(&v, RF_STR_ABSENT));
    assert_int_equal(v.total, good.length);
    assert_int_equal(v.header->kernel, 6 << 16 | 18);
}

static void refuses_every_bit_flip(void **state) {
    (void)state;
    uint32_t launch = sample_header(&good)->launch_length;
    for (uint32_t bit = 0; bit < launch * 8; bit++) {
        bad.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (open_bad() == RF_BLOB_OK) fail_msg("bit %u of byte %u flipped: accepted", bit % 8, bit / 8);
        bad.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_memory_equal(bad.at, good.at, good.length);
}

/* In a buffer of exactly the length, so that the address sanitizer sees any read behind it. */
static void refuses_every_truncation(void **state) {
    (void)state;
    for (size_t length = 0; length < good.length; length++) {
        uint8_t *exact = malloc(length + (length == 0));
        assert_non_null(exact);
        memcpy(exact, good.at, length);
        struct rf_view v;
        if (rf_view_open(&v, exact, length) == RF_BLOB_OK) fail_msg("cut to %zu bytes: accepted", length);
        free(exact);
    }
}

static void refuses_every_extension(void **state) {
    (void)state;
    memset(bad.at + good.length, 0, sizeof bad.at - good.length);
    for (bad.length = good.length + 1; bad.length <= good.length + 64; bad.length++)
        assert_int_equal(open_bad(), RF_BLOB_E_LENGTH);
    bad.length = RF_BLOB_MAX;
    assert_int_equal(open_bad(), RF_BLOB_E_LENGTH);
    bad.length = RF_BLOB_MAX + 1;
    assert_int_equal(open_bad(), RF_BLOB_E_TOO_LONG);
}

/* In a buffer of exactly the length, so that the address sanitizer sees any read behind it. */
static void expect_foreign(const char *content, size_t length, enum rf_blob_error error) {
    char *exact = malloc(length + (length == 0));
    assert_non_null(exact);
    memcpy(exact, content, length);
    struct rf_view v;
    assert_string_equal(rf_blob_error_text(rf_view_open(&v, exact, length)), rf_blob_error_text(error));
    free(exact);
}
#define FOREIGN(literal, error) expect_foreign(literal, sizeof(literal) - 1, RF_BLOB_E_##error)

static void names_foreign_files(void **state) {
    (void)state;
    FOREIGN("", TOO_SHORT);
    FOREIGN("\x8fRFN\r\n\x1a", TOO_SHORT);
    FOREIGN("\x8fRFN\r\n\x1a\n", TOO_SHORT);
    FOREIGN("\x7f"
            "ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\x3e\0",
            MAGIC);
    FOREIGN("#!/bin/sh\nringfence: 1\n", MAGIC);
    FOREIGN("{\"ringfence\": 1}", MAGIC);
    FOREIGN("Ringfence is not a key:", MAGIC);
    FOREIGN("key:value", MAGIC);
    FOREIGN("# only a comment\n", MAGIC);
    FOREIGN("ringfence: 1\nkind: policy\n", YAML);
    FOREIGN("# yaml-language-server: $schema=x\n\n# more\nringfence: 1\r\n", YAML);
    FOREIGN("\r\nringfence:\r\n", YAML);
    FOREIGN("ringfence:", YAML);
    FOREIGN("ringfence:\n", YAML);
    FOREIGN("ringfence", MAGIC);
    FOREIGN("\n\n", TOO_SHORT);
    FOREIGN("#", TOO_SHORT);
    FOREIGN("---\nringfence: 1\n", YAML);
    FOREIGN("%YAML 1.2\n", YAML);
    FOREIGN("\xef\xbb\xbfringfence: 1\n", YAML);
}

/* What a transfer in text mode makes of the whole sample. */
static void convert(const char *from, const char *to) {
    size_t length = 0, skip = strlen(from), n = strlen(to);
    for (size_t i = 0; i < good.length;) {
        if (i + skip <= good.length && memcmp(good.at + i, from, skip) == 0) {
            memcpy(bad.at + length, to, n);
            length += n;
            i += skip;
        } else {
            bad.at[length++] = good.at[i++];
        }
    }
    bad.length = length;
    assert_int_equal(open_bad(), RF_BLOB_E_TEXT_MODE);
}

static void names_text_mode(void **state) {
    (void)state;
    convert("\r\n", "\n");
    convert("\n", "\r\n");
    FOREIGN("\x8fRFN\r\n\x1a\r\n", TEXT_MODE);
    FOREIGN("\x8fRFN\r\x1a\r", TEXT_MODE);
    FOREIGN("\x8fRFN\n\x1b\n", TOO_SHORT);
    FOREIGN("\x8fRFN\n\x1b\n\n", MAGIC);
}

static struct rf_str *mount_target(uint32_t i) {
    return &((struct rf_mount *)sample_record(&bad, RF_MOUNTS, i))->target;
}
static struct rf_process *process(void) {
    return sample_record(&bad, RF_PROCESS, 0);
}
static struct rf_parameter *parameter(uint32_t i) {
    return sample_record(&bad, RF_PARAMETERS, i);
}
static char *strings(void) {
    return sample_record(&bad, RF_STRINGS, 0);
}
static struct rf_section *strings_entry(void) {
    return sample_section(&bad, RF_STRINGS);
}

static void swap_table_entries(void) {
    struct rf_section *entry = sample_section(&bad, RF_ARGS);
    entry[0].type = RF_ENV;
    entry[1].type = RF_ARGS;
}

/* Drops a section's records and its entry: a well-formed blob without it. */
static void drop_section(uint32_t type) {
    struct rf_section *gone = sample_section(&bad, type),
                      *table = (struct rf_section *)(bad.at + sizeof(struct rf_header));
    uint32_t offset = gone->offset, padded = rf_layout_align(gone->length),
             count = sample_header(&bad)->section_count--;
    memmove(bad.at + offset, bad.at + offset + padded, bad.length - offset - padded);
    size_t entry = (size_t)((uint8_t *)gone - bad.at), size = sizeof *gone;
    memmove(bad.at + entry, bad.at + entry + size, bad.length - padded - entry - size);
    for (uint32_t i = 0; i < count - 1; i++)
        table[i].offset -= table[i].type > type ? padded + (uint32_t)size : (uint32_t)size;
    sample_header(&bad)->launch_length -= padded + (uint32_t)size;
    sample_header(&bad)->total_length -= padded + (uint32_t)size;
    bad.length -= padded + size;
}

/* X(name, error, change): on the bytes of the sample; the checksum is made right afterwards. */
#define CASES(X)                                                                                                       \
    X(nothing, NONE, (void)0)                                                                                          \
    X(higher_minor, NONE, sample_header(&bad)->minor = 7)                                                              \
    X(major_0, VERSION, sample_header(&bad)->major = 0)                                                                \
    X(major_2, VERSION, sample_header(&bad)->major = 2)                                                                \
    X(unknown_required, REQUIRED, sample_header(&bad)->required |= RF_REQUIRE_ALL + 1)                                 \
    X(unknown_required_high, REQUIRED, sample_header(&bad)->required |= UINT64_C(1) << 63)                             \
    X(total_less, LENGTH, sample_header(&bad)->total_length--)                                                         \
    X(total_more, LENGTH, sample_header(&bad)->total_length++)                                                         \
    X(map_crc_without_map, MAP, drop_map(); no_map_crc = false)                                                        \
    X(map_stripped, NONE, drop_map())                                                                                  \
    X(no_sections, TABLE, sample_header(&bad)->section_count = 0)                                                      \
    X(too_many_sections, TABLE, sample_header(&bad)->section_count = RF_SECTION_END)                                   \
    X(huge_section_count, TABLE, sample_header(&bad)->section_count = UINT32_MAX)                                      \
    X(one_section_less, TABLE, sample_header(&bad)->section_count--)                                                   \
    X(unknown_section, SECTION, sample_section(&bad, RF_SECTION_END - 1)->type = RF_SECTION_END)                       \
    X(section_type_0, SECTION, strings_entry()->type = 0)                                                              \
    X(repeated_section, SECTION, sample_section(&bad, RF_READ_ONLY)->type = RF_MASKS)                                  \
    X(section_order, SECTION, swap_table_entries())                                                                    \
    X(section_reserved, TABLE, strings_entry()->reserved = 1)                                                          \
    X(section_offset, TABLE, sample_section(&bad, RF_MASKS)->offset += 8)                                              \
    X(section_first_offset, TABLE, strings_entry()->offset -= 8)                                                       \
    X(section_length_huge, TABLE, sample_section(&bad, RF_LANDLOCK_PORTS)->length = 0xfffffff8)                        \
    X(section_length_short, TABLE, sample_section(&bad, RF_LANDLOCK_PORTS)->length -= 8)                               \
    X(section_empty, RECORD, sample_section(&bad, RF_LANDLOCK_PORTS)->length = 0)                                      \
    X(half_record, RECORD, sample_section(&bad, RF_MOUNTS)->length -= 8)                                               \
    X(two_of_one, RECORD, sample_section(&bad, RF_ROOT)->length *= 2)                                                  \
    X(no_namespaces, SECTION, drop_section(RF_NAMESPACES))                                                             \
    X(no_root, SECTION, drop_section(RF_ROOT))                                                                         \
    X(no_process, SECTION, drop_section(RF_PROCESS))                                                                   \
    X(no_confine, SECTION, drop_section(RF_CONFINE))                                                                   \
    X(no_strings, STRING, drop_section(RF_STRINGS))                                                                    \
    X(no_groups, NONE, drop_section(RF_GROUPS))                                                                        \
    X(padding, PADDING, strings()[strings_entry()->length] = 1)                                                        \
    X(unused_string, STRING, strings_entry()->length++)                                                                \
    X(last_nul_missing, STRING, strings()[strings_entry()->length - 1] = 'x')                                          \
    X(nul_missing, STRING, strings()[parameter(0)->name.length] = 'x')                                                 \
    X(nul_inside, STRING, strings()[1] = 0)                                                                            \
    X(length_short, STRING, parameter(0)->name.length--)                                                               \
    X(length_long, STRING, parameter(0)->name.length++)                                                                \
    X(length_over_maximum, STRING, parameter(0)->name.length = RF_STRING_MAX + 1)                                      \
    X(length_huge, STRING, parameter(0)->name.length = UINT32_MAX)                                                     \
    X(offset_outside, STRING, parameter(0)->name.offset = strings_entry()->length)                                     \
    X(offset_huge, STRING, parameter(0)->name.offset = UINT32_MAX - 1)                                                 \
    X(must_be_there, STRING, parameter(0)->name = RF_STR_ABSENT)                                                       \
    X(absent_with_length, STRING, parameter(0)->fallback.length = 1)                                                   \
    X(optional_left_out, STRING, parameter(0)->under = RF_STR_ABSENT)                                                  \
    X(inside_another, STRING, process()->cwd = ((struct rf_str){parameter(2)->under.offset + 4, 7}))                   \
    X(end_of_another, STRING, process()->cwd.length = 0; process()->cwd.offset += 5)                                   \
    X(out_of_order, STRING, struct rf_str one = *mount_target(2); *mount_target(2) = *mount_target(3);                 \
      *mount_target(3) = one)                                                                                          \
    X(repeated_string, STRING, memcpy(strings() + parameter(1)->fallback.offset, "data", 4))

static bool no_map_crc;

static void drop_map(void) {
    no_map_crc = true;
    bad.length = sample_header(&bad)->launch_length;
    sample_header(&bad)->total_length = (uint32_t)bad.length;
}

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

static void sum(void) {
    struct rf_header *h = sample_header(&bad);
    if (no_map_crc) h->map_crc = 0;
    h->launch_crc = 0;
    h->launch_crc = rf_crc32c(0, bad.at, h->launch_length);
}

static void refuses_crafted_bytes(void **state) {
    (void)state;
    assert_true(sample_section(&good, RF_STRINGS)->length % RF_BLOB_ALIGN != 0); /* some cases need padding */
    unsigned failures = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bad = good;
        no_map_crc = false;
        cases[i].change();
        sum();
        enum rf_blob_error error = open_bad();
        if (error == cases[i].error) continue;
        print_error("%s: %s, expected: %s\n", cases[i].name, rf_blob_error_text(error),
                    rf_blob_error_text(cases[i].error));
        failures++;
    }
    assert_int_equal(failures, 0);
}

static void refuses_bad_launch_lengths(void **state) {
    (void)state;
    static const uint32_t off[] = {1, 4, 7};
    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
        bad = good;
        sample_header(&bad)->launch_length -= off[i];
        sum();
        assert_int_equal(open_bad(), RF_BLOB_E_LENGTH);
    }
    sample_header(&bad)->launch_length = sizeof(struct rf_header) - 8;
    assert_int_equal(open_bad(), RF_BLOB_E_LENGTH);
    sample_header(&bad)->launch_length = (uint32_t)bad.length / 8 * 8 + 8;
    assert_int_equal(open_bad(), RF_BLOB_E_LENGTH);
}

static void sums_as_the_rfc_says(void **state) {
    (void)state;
    uint8_t bytes[32] = {0};
    assert_int_equal(rf_crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(rf_crc32c(rf_crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
    assert_int_equal(rf_crc32c(0, bytes, 32), 0x8a9136aa); /* RFC 3720, B.4 */
    for (unsigned i = 0; i < 32; i++) bytes[i] = (uint8_t)i;
    assert_int_equal(rf_crc32c(0, bytes, 32), 0x46dd794e);
    assert_int_equal(rf_crc32c(0, bytes, 0), 0);
}

/* A byte of a record that no field covers could differ between two blobs of one policy, unseen. */
static void fields_cover_their_records(void **state) {
    (void)state;
    for (uint32_t type = RF_STRINGS + 1; type < RF_SECTION_END; type++) {
        const struct rf_layout *layout = &rf_layout_sections[type];
        uint32_t at = 0;
        if (RF_IS_FILTER(type)) continue;
        assert_true(layout->first < layout[1].first);
        for (uint32_t f = layout->first; f < layout[1].first; f++) {
            assert_int_equal(rf_layout_fields[f].offset, at);
            switch (rf_layout_fields[f].kind) {
            case RF_KIND_TEXT:
            case RF_KIND_TEXT_OPT:
            case RF_KIND_PARAM_TEXT: at += 24; break;
            case RF_KIND_U32:
            case RF_KIND_FLAGS:
            case RF_KIND_ENUM1:
            case RF_KIND_I32:
            case RF_KIND_ZERO: at += 4; break;
            default: at += 8;
            }
        }
        assert_int_equal(layout->size, at);
        assert_int_equal(layout->size % RF_BLOB_ALIGN, 0);
        assert_true(layout->most <= RF_RECORDS_MAX);
    }
}

static void has_a_text_for_every_error(void **state) {
    (void)state;
    for (int e = RF_BLOB_OK; e <= RF_BLOB_E_MAP; e++) {
        const char *text = rf_blob_error_text((enum rf_blob_error)e);
        assert_string_not_equal(text, "unknown error");
        for (int other = 0; other < e; other++)
            assert_string_not_equal(text, rf_blob_error_text((enum rf_blob_error)other));
    }
    assert_string_equal(rf_blob_error_text((enum rf_blob_error)1000), "unknown error");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(accepts_the_sample, setup),
        cmocka_unit_test_setup(refuses_every_bit_flip, setup),
        cmocka_unit_test_setup(refuses_every_truncation, setup),
        cmocka_unit_test_setup(refuses_every_extension, setup),
        cmocka_unit_test_setup(names_foreign_files, setup),
        cmocka_unit_test_setup(names_text_mode, setup),
        cmocka_unit_test_setup(refuses_crafted_bytes, setup),
        cmocka_unit_test_setup(refuses_bad_launch_lengths, setup),
        cmocka_unit_test_setup(sums_as_the_rfc_says, setup),
        cmocka_unit_test_setup(fields_cover_their_records, setup),
        cmocka_unit_test_setup(has_a_text_for_every_error, setup),
    };
    return cmocka_run_group_tests_name("blob view", tests, NULL, NULL);
}
