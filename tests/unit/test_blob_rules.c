/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan may say: the range of every field, and the rules between fields and records. */
#include <linux/filter.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "blob_sample.h"
#include "reader.h"

static struct sample s;
static struct bytes out;

static struct rf_str str(const char *text) {
    return sample_str(&s, text);
}
static struct rf_text text(const char *prefix, uint32_t parameter, const char *suffix) {
    return sample_text(&s, prefix, parameter, suffix);
}
static struct rf_text host(const char *path) {
    return text(path, RF_NONE, NULL);
}

/* `length` bytes of 'a' behind `start`. */
static struct rf_str longer(const char *start, size_t length) {
    static char bytes[RF_STRING_MAX + 2];
    size_t n = strlen(start);
    memcpy(bytes, start, n);
    memset(bytes + n, 'a', length);
    bytes[n + length] = 0;
    return str(bytes);
}

static void drop(enum rf_section_type type) {
    s.plan.count[type] = 0;
}
static void one(enum rf_section_type type) {
    s.plan.count[type] = 1;
}

static void no_filters(void) {
    drop(RF_FILTER_X86_64);
    drop(RF_FILTER_AARCH64);
    drop(RF_FILTER_RISCV64);
}

/* A socket or none, with a filter that notifies (the third of the sample) or without. */
static void notify(struct rf_text socket, bool notifies) {
    s.confine.notify_socket = socket;
    s.filters[2][4].k = notifies ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW;
}

static void no_landlock(void) {
    drop(RF_LANDLOCK);
    drop(RF_LANDLOCK_PATHS);
    drop(RF_LANDLOCK_PORTS);
}

static void tune(enum rf_tuning_kind kind, uint32_t priority, int64_t value) {
    s.tuning[0] = (struct rf_tuning){kind, priority, value};
    one(RF_TUNING);
    if (kind != RF_TUNING_NUMA) drop(RF_NODES);
}

/* One sysctl, with these namespaces new beside those of the sample. */
static void sysctl(const char *name, uint32_t create) {
    s.sysctls[0].name = str(name);
    one(RF_SYSCTLS);
    s.namespaces.create |= create;
    drop(RF_JOINS);
}

static void same(void) {
    s.service.supervision = RF_SAME_PROCESS;
    s.namespaces.create = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWUSER;
    s.namespaces.flags = 0;
    s.namespaces.boottime = s.namespaces.monotonic = 0;
    s.process.init = RF_INIT_NONE;
    notify(RF_TEXT_ABSENT, false);
    drop(RF_ATTEND);
}

/* One call's answer in a filter of the sample. */
static void answer(int machine, uint32_t number, uint32_t action) {
    s.filters[machine][3] = (struct rf_insn){BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number};
    s.filters[machine][4].k = action;
}

static void map_self(void) {
    s.namespaces.flags |= RF_NS_MAP_SELF;
    drop(RF_ID_MAPS);
}

static void no_user(void) {
    s.namespaces.create &= ~(uint32_t)CLONE_NEWUSER;
}

enum { DATA, INSTANCE, ROOTFS, MEMORY, ADDRESS };

/* Parameter `which` is now of this type, with this bound and default. */
static void retype(unsigned which, enum rf_param_type type, const char *under, const char *fallback) {
    s.parameters[which] = (struct rf_parameter){s.parameters[which].name, str(under), str(fallback), type, 60};
}

/* `count` arguments of 4096 bytes at the longest. */
static void fill_all(uint32_t count) {
    static struct rf_arg args[64];
    static struct rf_fill fills[64];
    fills[0] = s.fills[0];
    fills[1] = s.fills[1];
    for (uint32_t i = 0; i < count; i++) {
        args[i].text = str("");
        fills[2 + i] = (struct rf_fill){RF_ARGS, i, text(NULL, DATA, NULL)};
    }
    fills[2 + count] = s.fills[3];
    s.plan.records[RF_ARGS] = args;
    s.plan.count[RF_ARGS] = count;
    s.plan.records[RF_FILLS] = fills;
    s.plan.count[RF_FILLS] = count + 3;
}
/* Kinds of mounts in the place of one of the sample's whose target sorts as it needs. */
static void overlay(void) {
    s.mounts[0] = (struct rf_mount){.target = str("/"),
                                    .source = RF_TEXT_ABSENT,
                                    .kind = RF_MOUNT_OVERLAY,
                                    .flags = RF_MOUNT_WRITABLE,
                                    .size = 1 << 20};
}

static void content(const char *bytes) {
    s.mounts[2] = (struct rf_mount){.target = s.mounts[2].target,
                                    .source = host(bytes),
                                    .kind = RF_MOUNT_CONTENT,
                                    .mode = 0444,
                                    .uid = 1,
                                    .gid = 2};
}

static void kernel_fs(uint32_t kind, uint32_t flags) {
    s.mounts[1] =
        (struct rf_mount){.target = s.mounts[1].target, .source = RF_TEXT_ABSENT, .kind = kind, .flags = flags};
    s.plan.records[RF_FILLS] = s.fills + 1; /* the first is the size of this mount */
    s.plan.count[RF_FILLS] = 3;
}

static void cgroup_at(const char *target) {
    s.mounts[3] = (struct rf_mount){.target = str(target), .source = RF_TEXT_ABSENT, .kind = RF_MOUNT_CGROUP};
    s.namespaces.create |= CLONE_NEWCGROUP;
}

static void new_ipc(void) {
    s.namespaces.create |= CLONE_NEWIPC;
    one(RF_JOINS);
}

#include "blob_rules_cases.def"

#define ALL_CASES(X)                                                                                                   \
    PARAMETER_CASES(X)                                                                                                 \
    FILL_CASES(X)                                                                                                      \
    NAMESPACE_CASES(X) ROOT_CASES(X) MOUNT_CASES(X) PROCESS_CASES(X) LANDLOCK_CASES(X) TUNING_CASES(X) SERVICE_CASES(X)

#define X(name, error, ...)                                                                                            \
    static void change_##name(void) {                                                                                  \
        __VA_ARGS__;                                                                                                   \
    }
ALL_CASES(X)
#undef X

static const struct {
    const char *name;
    enum rf_blob_error error;
    void (*change)(void);
} cases[] = {
#define X(name, error, ...) {#name, RF_BLOB_E_##error, change_##name},
    ALL_CASES(X)
#undef X
};

static void keeps_every_rule(void **state) {
    (void)state;
    unsigned failures = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memset(&s, 0, sizeof s);
        sample_fill(&s);
        s.plan.map_file_count = s.plan.map_entry_count = 0;
        cases[i].change();
        enum rf_blob_error error = sample_build(&s, &out);
        if (error == cases[i].error) continue;
        print_error("%s: %s, expected: %s\n", cases[i].name, rf_blob_error_text(error),
                    rf_blob_error_text(cases[i].error));
        failures++;
    }
    assert_int_equal(failures, 0);
}

/* Each field of a limited kind, one beyond its limit: so a limit missing above is found here. */
static void keeps_every_limit(void **state) {
    (void)state;
    static struct bytes good;
    sample_bytes(&good);
    unsigned tried = 0;
    for (uint32_t type = RF_STRINGS + 1; type < RF_SECTION_END; type++) {
        if (RF_IS_FILTER(type)) continue;
        for (uint32_t f = rf_layout_sections[type].first; f < rf_layout_sections[type + 1].first; f++) {
            const struct rf_field *field = &rf_layout_fields[f];
            uint32_t value = field->most + 1;
            if (field->kind == RF_KIND_FLAGS)
                value = ~field->most;
            else if (field->kind < RF_KIND_U32 || field->kind == RF_KIND_U64 || field->kind == RF_KIND_I64)
                continue;
            out = good;
            memcpy((uint8_t *)sample_record(&out, type, 0) + field->offset, &value, sizeof value);
            sample_sum(&out);
            struct rf_view v;
            assert_int_equal(rf_view_open(&v, out.at, out.length), RF_BLOB_E_FIELD);
            tried++;
        }
    }
    assert_int_equal(tried, 62);
}

/* What the writer never emits: an empty piece where an absent one says the same. */
static void refuses_empty_pieces(void **state) {
    (void)state;
    struct rf_view v;
    memset(&s, 0, sizeof s);
    sample_fill(&s);
    s.limits[2].text = str(""); /* an empty string before the IO section */
    for (int piece = 0; piece < 2; piece++) {
        assert_int_equal(sample_build(&s, &out), RF_BLOB_OK);
        struct rf_text *device = &((struct rf_io *)sample_record(&out, RF_IO, 0))->device;
        struct rf_str empty = ((struct rf_limit *)sample_record(&out, RF_LIMITS, 2))->text;
        assert_int_equal(empty.length, 0);
        *(piece ? &device->suffix : &device->prefix) = empty;
        sample_sum(&out);
        assert_int_equal(rf_view_open(&v, out.at, out.length), RF_BLOB_E_FIELD);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_every_rule),
        cmocka_unit_test(keeps_every_limit),
        cmocka_unit_test(refuses_empty_pieces),
    };
    return cmocka_run_group_tests_name("blob rules", tests, NULL, NULL);
}
