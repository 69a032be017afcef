/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: one policy has one encoding.  With --write BASE: BASE.fence, the sample, and BASE.txt, what is in it. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blob_sample.h"
#include "reader.h"

static struct sample s, other;
static struct bytes good, out;
static struct rf_pool pool;

static int setup(void **state) {
    (void)state;
    sample_bytes(&good);
    memset(&s, 0, sizeof s);
    sample_fill(&s);
    return 0;
}

static void assert_same(const struct bytes *a, const struct bytes *b) {
    assert_int_equal(a->length, b->length);
    assert_memory_equal(a->at, b->at, a->length);
}

static void rebuilds_the_same_bytes(void **state) {
    (void)state;
    struct rf_view v;
    struct rf_plan plan;
    assert_int_equal(rf_view_open(&v, good.at, good.length), RF_BLOB_OK);
    memset(&pool, 0xa5, sizeof pool);
    assert_int_equal(rf_build_plan_of(&v, &plan, &pool), RF_BLOB_OK);
    assert_int_equal(plan.map_entry_count, 8);
    memset(&out, 0xa5, sizeof out);
    assert_int_equal(rf_build(&plan, out.at, RF_BLOB_MAX, &out.length, sample_sha256), RF_BLOB_OK);
    assert_same(&good, &out);
}

static void does_not_depend_on_the_pool(void **state) {
    (void)state;
    memset(&other, 0, sizeof other);
    assert_int_equal(rf_pool_add(&other.pool, "used by nothing", 15).offset, 0);
    for (uint32_t end = s.pool.used; end > 0;) { /* the sample's strings, last one first */
        uint32_t start = end - 1;
        while (start > 0 && s.pool.bytes[start - 1]) start--;
        rf_pool_add(&other.pool, s.pool.bytes + start, end - 1 - start);
        end = start;
    }
    uint32_t used = other.pool.used;
    sample_fill(&other);
    assert_int_equal(other.pool.used, used); /* it had them all */
    assert_int_not_equal(other.process.cwd.offset, s.process.cwd.offset);
    memset(&out, 0xa5, sizeof out);
    assert_int_equal(sample_build(&other, &out), RF_BLOB_OK);
    assert_same(&good, &out);
}

static void does_not_depend_on_repeated_strings(void **state) {
    (void)state;
    s.process.cwd = rf_pool_add(&s.pool, "/data", 5);
    s.env[0].text = rf_pool_add(&s.pool, "PATH=/usr/bin:/bin", 18);
    assert_int_equal(sample_build(&s, &out), RF_BLOB_OK);
    assert_same(&good, &out);
}

static void does_not_depend_on_the_order_of_entries(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct rf_map_entry one = s.map_entries[i];
        s.map_entries[i] = s.map_entries[7 - i];
        s.map_entries[7 - i] = one;
    }
    assert_int_equal(sample_build(&s, &out), RF_BLOB_OK);
    assert_same(&good, &out);
    s.map_entries[0] = s.map_entries[1];
    assert_int_equal(sample_build(&s, &out), RF_BLOB_E_MAP);
}

/* The identity is of what is launched: no source map in it, and every other byte. */
static void identifies_the_launch_part(void **state) {
    (void)state;
    s.plan.map_file_count = s.plan.map_entry_count = 0;
    assert_int_equal(sample_build(&s, &out), RF_BLOB_OK);
    assert_true(out.length < good.length);
    assert_int_equal(sample_header(&out)->total_length, out.length);
    assert_memory_equal(sample_header(&out)->identity, sample_header(&good)->identity, 32);
    struct rf_header *h = sample_header(&good);
    uint8_t told[32], digest[32];
    memcpy(told, h->identity, sizeof told);
    h->total_length = h->launch_crc = h->map_crc = 0;
    memset(h->identity, 0, sizeof h->identity);
    sample_sha256(good.at, h->launch_length, digest);
    assert_memory_equal(told, digest, 32);
    s.plan.language = 2;
    assert_int_equal(sample_build(&s, &out), RF_BLOB_OK);
    assert_memory_not_equal(sample_header(&out)->identity, told, 32);
}

static void tells_what_does_not_fit(void **state) {
    (void)state;
    size_t least = 0;
    for (size_t capacity = 0; capacity <= good.length + 16; capacity++) {
        uint8_t *exact = malloc(capacity + (capacity == 0)); /* the sanitizer sees a byte too much */
        assert_non_null(exact);
        size_t length = 0;
        enum rf_blob_error error = rf_build(&s.plan, exact, capacity, &length, sample_sha256);
        if (error == RF_BLOB_OK && least == 0) least = capacity;
        assert_int_equal(error, least ? RF_BLOB_OK : RF_BLOB_E_TOO_LONG);
        if (!error) assert_memory_equal(exact, good.at, good.length);
        free(exact);
    }
    assert_in_range(least, good.length, good.length + 7); /* a buffer counts in whole words */
}

static void tells_when_the_pool_is_full(void **state) {
    (void)state;
    static char text[RF_BLOB_MAX];
    memset(text, 'a', sizeof text);
    memset(&pool, 0, sizeof pool);
    assert_int_equal(rf_pool_add(&pool, text, 10).offset, 0);
    assert_int_equal(rf_pool_add(&pool, "", 0).offset, 11);
    struct rf_str last = rf_pool_add(&pool, text, RF_BLOB_MAX - 14);
    assert_int_equal(last.offset, 12);
    assert_int_equal(pool.used, RF_BLOB_MAX - 1);
    s.plan.pool = &pool;
    assert_int_equal(sample_build(&s, &out), RF_BLOB_E_STRING); /* not full yet: but references lead nowhere */
    assert_int_equal(rf_pool_add(&pool, "b", 1).offset, RF_NONE);
    assert_int_equal(rf_pool_add(&pool, "", 0).offset, RF_NONE);
    assert_int_equal(rf_pool_add(&pool, text, SIZE_MAX).offset, RF_NONE);
    assert_int_equal(sample_build(&s, &out), RF_BLOB_E_TOO_LONG);
}

/* As large as a blob can get: strings up to the limit of the file. */
static void fills_the_file_to_its_limit(void **state) {
    (void)state;
    static struct rf_arg args[256];
    static char text[RF_STRING_MAX + 1];
    memset(text, 'a', sizeof text);
    s.plan.records[RF_ARGS] = args;
    s.plan.count[RF_ENV] = s.plan.count[RF_FILLS] = 2; /* those behind them speak of the arguments that are no more */
    enum rf_blob_error error = RF_BLOB_OK;
    uint32_t fit = 0;
    for (uint32_t n = 1; n <= 100 && !error; n++) {
        text[0] = (char)('0' + n);
        args[n - 1].text = rf_pool_add(&s.pool, text, 4000);
        s.plan.count[RF_ARGS] = n;
        error = sample_build(&s, &out);
        if (error) assert_int_equal(error, RF_BLOB_E_TOO_LONG);
        if (!error) fit = n;
    }
    assert_int_equal(fit, (RF_BLOB_MAX - good.length) / 4008);
}

static uint32_t next_random(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

/*
 * Random changes with the checksum made right: whatever is accepted is the one encoding of what it says, so that
 * writing it again gives the same bytes.  (The changes are the same in every run.)
 */
static void accepts_canonical_bytes_only(void **state) {
    (void)state;
    s.plan.map_file_count = s.plan.map_entry_count = 0;
    assert_int_equal(sample_build(&s, &good), RF_BLOB_OK);
    uint32_t random = 2463534242u, accepted = 0, refused[RF_BLOB_E_MAP + 1] = {0};
    static struct bytes again;
    for (int round = 0; round < 60000; round++) {
        out = (struct bytes){.length = good.length};
        memcpy(out.at, good.at, good.length);
        for (uint32_t changes = 1 + next_random(&random) % 2; changes > 0; changes--) {
            uint32_t at = (uint32_t)sizeof(struct rf_header) +
                          next_random(&random) % (uint32_t)(good.length - sizeof(struct rf_header));
            if (next_random(&random) % 2)
                out.at[at] = good.at[next_random(&random) % good.length];
            else
                out.at[at] ^= (uint8_t)(1u << next_random(&random) % 8);
        }
        sample_sum(&out);
        struct rf_view v;
        struct rf_plan plan;
        enum rf_blob_error error = rf_view_open(&v, out.at, out.length);
        refused[error]++;
        if (error) continue;
        accepted++;
        assert_int_equal(rf_build_plan_of(&v, &plan, &pool), RF_BLOB_OK);
        assert_int_equal(rf_build(&plan, again.at, RF_BLOB_MAX, &again.length, sample_sha256), RF_BLOB_OK);
        memcpy(sample_header(&out)->identity, sample_header(&again)->identity, 32);
        sample_sum(&out);
        assert_same(&out, &again);
    }
    assert_true(accepted > 100);
    assert_true(refused[RF_BLOB_E_TABLE] && refused[RF_BLOB_E_STRING] && refused[RF_BLOB_E_FIELD] &&
                refused[RF_BLOB_E_RULE] && refused[RF_BLOB_E_FILTER] && refused[RF_BLOB_E_PADDING]);
}

/* Everything in a blob, one field a line, for the reader written from the document to print alike. */

static void print_str(FILE *f, const struct rf_view *v, struct rf_str t) {
    if (rf_text_absent(t))
        fprintf(f, " absent");
    else
        fprintf(f, " \"%s\"", rf_view_string(v, t));
}

static void print_field(FILE *f, const struct rf_view *v, enum rf_kind kind, const uint8_t *at) {
    struct rf_text t;
    uint64_t number;
    switch (kind) {
    case RF_KIND_STR:
    case RF_KIND_STR_OPT:
    case RF_KIND_PATH:
    case RF_KIND_NAME: print_str(f, v, rf_layout_str(at)); break;
    case RF_KIND_TEXT:
    case RF_KIND_TEXT_OPT:
    case RF_KIND_PARAM_TEXT:
        t = rf_layout_text(at);
        print_str(f, v, t.prefix);
        if (t.parameter == RF_NONE)
            fprintf(f, " absent");
        else
            fprintf(f, " %" PRIu32, t.parameter);
        print_str(f, v, t.suffix);
        break;
    case RF_KIND_U64:
        memcpy(&number, at, sizeof number);
        fprintf(f, " %" PRIu64, number);
        break;
    case RF_KIND_I64:
        memcpy(&number, at, sizeof number);
        fprintf(f, " %" PRId64, (int64_t)number);
        break;
    case RF_KIND_I32: fprintf(f, " %" PRId32, (int32_t)rf_layout_u32(at)); break;
    default: fprintf(f, " %" PRIu32, rf_layout_u32(at));
    }
}

static void print_digest(FILE *f, const uint8_t *digest) {
    for (int i = 0; i < 32; i++) fprintf(f, "%02x", digest[i]);
}

static void print_header(FILE *f, const struct rf_view *v) {
    const struct rf_header *h = v->header;
    fprintf(f, "header.major %u\nheader.minor %u\n", (unsigned)h->major, (unsigned)h->minor);
    fprintf(f, "header.total_length %" PRIu32 "\nheader.launch_length %" PRIu32 "\n", h->total_length,
            h->launch_length);
    fprintf(f, "header.section_count %" PRIu32 "\nheader.required %" PRIu64 "\n", h->section_count, h->required);
    fprintf(f, "header.language %" PRIu32 "\nheader.kernel %" PRIu32 "\n", h->language, h->kernel);
    fprintf(f, "header.launch_crc %" PRIu32 "\nheader.map_crc %" PRIu32 "\nheader.identity ", h->launch_crc,
            h->map_crc);
    print_digest(f, h->identity);
    fprintf(f, "\n");
}

static void print_records(FILE *f, const struct rf_view *v) {
    static const struct {
        uint32_t type;
        const char *name;
        enum rf_kind kind;
    } fields[] = {
#define FIELD(type, record, member, kind, most) {RF_##type, #type "[%" PRIu32 "]." #member, RF_KIND_##kind},
#include "sections.def"
    };
    for (uint32_t type = RF_STRINGS + 1; type < RF_SECTION_END; type++) {
        const struct rf_layout *layout = &rf_layout_sections[type];
        for (uint32_t i = 0; i < v->count[type]; i++) {
            for (uint32_t k = layout->first; k < layout[1].first; k++) {
                assert_int_equal(fields[k].type, type);
                fprintf(f, fields[k].name, i);
                print_field(f, v, fields[k].kind,
                            (const uint8_t *)v->records[type] + i * layout->size + rf_layout_fields[k].offset);
                fprintf(f, "\n");
            }
            if (!RF_IS_FILTER(type)) continue;
            const struct rf_insn *insn = (const struct rf_insn *)v->records[type] + i;
            fprintf(f, "FILTER_%s[%" PRIu32 "] %u %u %u %" PRIu32 "\n",
                    (const char *[]){"X86_64", "AARCH64", "RISCV64"}[type - RF_FILTER_X86_64], i, (unsigned)insn->code,
                    (unsigned)insn->jt, (unsigned)insn->jf, insn->k);
        }
    }
}

static void print_map(FILE *f, const struct rf_view *v) {
    struct rf_map map;
    assert_int_equal(rf_view_map_open(v, &map), RF_BLOB_OK);
    for (uint32_t i = 0; i < map.file_count; i++) {
        fprintf(f, "map.file[%" PRIu32 "] \"%s\" ", i, map.strings + map.files[i].name.offset);
        print_digest(f, map.files[i].sha256);
        fprintf(f, "\n");
    }
    for (uint32_t i = 0; i < map.entry_count; i++) {
        const struct rf_map_entry *e = &map.entries[i];
        fprintf(f, "map.entry[%" PRIu32 "] %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRId32 "\n",
                i, e->section, e->index, e->file, e->line, e->column, e->action);
    }
}

static FILE *create(const char *base, const char *suffix) {
    char name[4096];
    int n = snprintf(name, sizeof name, "%s%s", base, suffix);
    assert_true(n > 0 && (size_t)n < sizeof name);
    FILE *f = fopen(name, "wb");
    assert_non_null(f);
    return f;
}

static void writes_files(void **state) {
    FILE *f = create(*state, ".fence");
    assert_int_equal(fwrite(good.at, 1, good.length, f), good.length);
    assert_int_equal(fclose(f), 0);
    struct rf_view v;
    assert_int_equal(rf_view_open(&v, good.at, good.length), RF_BLOB_OK);
    f = create(*state, ".txt");
    print_header(f, &v);
    print_records(f, &v);
    print_map(f, &v);
    assert_int_equal(ferror(f), 0);
    assert_int_equal(fclose(f), 0);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(writes_files, argv[2])};
        return cmocka_run_group_tests_name("blob sample", tests, setup, NULL);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rebuilds_the_same_bytes, setup),
        cmocka_unit_test_setup(does_not_depend_on_the_pool, setup),
        cmocka_unit_test_setup(does_not_depend_on_repeated_strings, setup),
        cmocka_unit_test_setup(does_not_depend_on_the_order_of_entries, setup),
        cmocka_unit_test_setup(identifies_the_launch_part, setup),
        cmocka_unit_test_setup(tells_what_does_not_fit, setup),
        cmocka_unit_test_setup(tells_when_the_pool_is_full, setup),
        cmocka_unit_test_setup(fills_the_file_to_its_limit, setup),
        cmocka_unit_test_setup(accepts_canonical_bytes_only, setup),
    };
    return cmocka_run_group_tests_name("blob build", tests, NULL, NULL);
}
