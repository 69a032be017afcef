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

/* X(name, error, change): on the sample's plan. */
#define PARAMETER_CASES(X)                                                                                             \
    X(name_empty, FIELD, s.parameters[0].name = str(""))                                                               \
    X(name_slash, FIELD, s.parameters[0].name = str("a/b"))                                                            \
    X(name_dot, FIELD, s.parameters[0].name = str("."))                                                                \
    X(name_dots, FIELD, s.parameters[0].name = str(".."))                                                              \
    X(name_three_dots, NONE, s.parameters[0].name = str("..."))                                                        \
    X(name_twice, RULE, s.parameters[1].name = s.parameters[0].name)                                                   \
    X(parameter_type_0, FIELD, s.parameters[0].type = 0)                                                               \
    X(parameter_type_8, FIELD, s.parameters[0].type = 8)                                                               \
    X(max_length_0, FIELD, s.parameters[1].max_length = 0)                                                             \
    X(max_length_4096, FIELD, s.parameters[0].max_length = RF_STRING_MAX + 1)                                          \
    X(under_relative, RULE, s.parameters[0].under = str("srv"))                                                        \
    X(under_empty, RULE, s.parameters[0].under = str(""))                                                              \
    X(under_of_name, RULE, s.parameters[1].under = str("/srv"))                                                        \
    X(under_root, NONE, s.parameters[2].under = str("/"))                                                              \
    X(default_longest, NONE, s.parameters[1].max_length = 4)                                                           \
    X(default_too_long, RULE, s.parameters[1].max_length = 3)                                                          \
    X(default_empty, RULE, s.parameters[1].fallback = str(""))                                                         \
    X(default_not_name, RULE, s.parameters[1].fallback = str("a b"))                                                   \
    X(default_name_first, RULE, s.parameters[1].fallback = str(".a"))                                                  \
    X(default_name_all, NONE, s.parameters[1].fallback = str("0.A_z-"))                                                \
    X(default_relative, RULE, s.parameters[2].fallback = str("srv/images/db"))                                         \
    X(default_path_empty, RULE, s.parameters[2].fallback = str(""))                                                    \
    X(default_dots, RULE, s.parameters[2].fallback = str("/srv/images/../db"))                                         \
    X(default_dots_last, RULE, s.parameters[2].fallback = str("/srv/images/.."))                                       \
    X(default_dot, RULE, s.parameters[2].fallback = str("/srv/images/./db"))                                           \
    X(default_double_slash, NONE, s.parameters[2].fallback = str("/srv/images//db/"))                                  \
    X(default_three_dots, NONE, s.parameters[2].fallback = str("/srv/images/...x"))                                    \
    X(default_elsewhere, RULE, s.parameters[2].fallback = str("/srv/image"))                                           \
    X(default_beside, RULE, s.parameters[2].fallback = str("/srv/images2"))                                            \
    X(default_under_itself, NONE, s.parameters[2].fallback = str("/srv/images"))                                       \
    X(number_without_bound, RULE, s.parameters[MEMORY].under = str(NULL))                                              \
    X(number_bound_empty, RULE, s.parameters[MEMORY].under = str(""))                                                  \
    X(number_bound_one, RULE, s.parameters[MEMORY].under = str("65536"))                                               \
    X(number_bound_same, NONE, s.parameters[MEMORY].under = str("65536..65536"))                                       \
    X(number_bound_turned, RULE, s.parameters[MEMORY].under = str("65537..65536"))                                     \
    X(number_bound_zeros, RULE, s.parameters[MEMORY].under = str("04096..1073741824"))                                 \
    X(number_bound_three, RULE, s.parameters[MEMORY].under = str("1...1073741824"))                                    \
    X(number_bound_more, RULE, s.parameters[MEMORY].under = str("1..1073741824 "))                                     \
    X(number_bound_over, RULE, s.parameters[MEMORY].under = str("1..18446744073709551616"))                            \
    X(number_below, RULE, s.parameters[MEMORY].under = str("65537..1073741824"))                                       \
    X(number_above, RULE, s.parameters[MEMORY].under = str("1..65535"))                                                \
    X(number_at_the_top, RULE, retype(MEMORY, RF_PARAM_NUMBER, "1..9223372036854775808", "1"))                         \
    X(number_almost_there, RULE, retype(MEMORY, RF_PARAM_NUMBER, "1..9223372036854775807", "1"))                       \
    X(number_and_what_is_added, NONE, retype(MEMORY, RF_PARAM_NUMBER, "1..9223372036853727231", "1"))                  \
    X(address_not_a_prefix, RULE, s.parameters[ADDRESS].under = str("10.66.0.0"))                                      \
    X(address_bound_bits, NONE, s.parameters[ADDRESS].under = str("10.66.0.1/16"))                                     \
    X(address_unbound, NONE, s.parameters[ADDRESS].under = str(NULL))                                                  \
    X(address_default, NONE, s.parameters[ADDRESS].fallback = str("10.66.255.1/24"))                                   \
    X(address_default_outside, RULE, s.parameters[ADDRESS].fallback = str("10.67.0.1/24"))                             \
    X(address_default_wider, RULE, s.parameters[ADDRESS].fallback = str("10.66.0.1/15"))                               \
    X(address_default_bare, RULE, s.parameters[ADDRESS].fallback = str("10.66.0.1"))                                   \
    X(address_of_six, NONE, retype(ADDRESS, RF_PARAM_IPV6, "fd00::/8", "fdff::1"))                                     \
    X(address_of_six_outside, RULE, retype(ADDRESS, RF_PARAM_IPV6, "fd00::/8", "fe00::1"))                             \
    X(address_of_four_in_six, RULE, retype(ADDRESS, RF_PARAM_IPV4, "fd00::/8", NULL))                                  \
    X(cgroup_dropped, NONE, drop(RF_CGROUP))                                                                           \
    X(cgroup_slash, RULE, s.cgroup.name = text("a/", INSTANCE, NULL))                                                  \
    X(cgroup_slash_behind, RULE, s.cgroup.name = text("a", INSTANCE, "/../b"))                                         \
    X(cgroup_literal, NONE, s.cgroup.name = host("web"))                                                               \
    X(cgroup_literal_slash, RULE, s.cgroup.name = host("../web"))                                                      \
    X(cgroup_empty, RULE, s.cgroup.name = host(""))                                                                    \
    X(cgroup_absent, STRING, s.cgroup.name = RF_TEXT_ABSENT)                                                           \
    X(cgroup_of_number, NONE, s.cgroup.name = text("a", MEMORY, NULL))                                                 \
    X(cgroup_of_path, RULE, s.cgroup.name = text(NULL, DATA, NULL))                                                    \
    X(cgroup_of_address, RULE, s.cgroup.name = text("a", ADDRESS, NULL))                                               \
    X(cgroup_64, NONE, s.cgroup.name.prefix = longer("", 30))                                                          \
    X(cgroup_65, RULE, s.cgroup.name.prefix = longer("", 31))
#define FILL_CASES(X)                                                                                                  \
    X(fill_without_parameter, RULE, s.fills[2].text = host("x"))                                                       \
    X(fill_absent, STRING, s.fills[2].text = RF_TEXT_ABSENT)                                                           \
    X(fill_of_no_section, RULE, s.fills[0].section = 0)                                                                \
    X(fill_of_strings, RULE, s.fills[0].section = RF_STRINGS)                                                          \
    X(fill_of_masks, RULE, s.fills[1].section = RF_MASKS)                                                              \
    X(fill_of_no_record, RULE, s.fills[3].index = 3)                                                                   \
    X(fill_twice, RULE, s.fills[3] = s.fills[2])                                                                       \
    X(fill_order, RULE, struct rf_fill f = s.fills[2]; s.fills[2] = s.fills[3]; s.fills[3] = f)                        \
    X(fill_of_bind, RULE, s.fills[0].index = 0)                                                                        \
    X(fill_of_sized, RULE, s.mounts[1].size = 4096)                                                                    \
    X(fill_lacks, RULE, s.plan.count[RF_FILLS] = 0)                                                                    \
    X(fill_may_be_0, RULE, retype(MEMORY, RF_PARAM_NUMBER, "0..1", "0"))                                               \
    X(fill_limit_said, RULE, s.limits[3].text = str("1"))                                                              \
    X(fill_limit_prefix, RULE, s.fills[1].text = text("1", MEMORY, NULL))                                              \
    X(fill_limit_suffix, RULE, s.fills[1].text = text(NULL, MEMORY, "0"))                                              \
    X(fill_limit_name, RULE, s.fills[1].text = text(NULL, INSTANCE, NULL))                                             \
    X(fill_limit_unlimited, RULE, s.limits[3].value = RF_UNLIMITED)                                                    \
    X(fill_arg_said, RULE, s.args[3].text = str("x"))                                                                  \
    X(fill_arg_whole, NONE, s.fills[2].text = text(NULL, DATA, NULL))                                                  \
    X(fill_env_said, RULE, s.env[2].text = str("A=1"))                                                                 \
    X(fill_env_nameless, RULE, s.fills[3].text = text(NULL, DATA, NULL))                                               \
    X(fill_env_no_name, RULE, s.fills[3].text = text("=", DATA, NULL))                                                 \
    X(fill_env_no_equals, RULE, s.fills[3].text = text("A", DATA, "=1"))                                               \
    X(fill_env_lacks, RULE, s.plan.count[RF_FILLS] = 3)                                                                \
    X(fill_too_much, RULE, fill_all(33))                                                                               \
    X(fill_almost_too_much, NONE, fill_all(30))

#define NAMESPACE_CASES(X)                                                                                             \
    X(create_other_bit, FIELD, s.namespaces.create |= CLONE_VM)                                                        \
    X(ns_flags, FIELD, s.namespaces.flags |= 4)                                                                        \
    X(time_not_new, RULE, s.namespaces.create &= ~(uint32_t)CLONE_NEWTIME)                                             \
    X(time_not_set, RULE, s.namespaces.flags = 0)                                                                      \
    X(monotonic_not_set, RULE, s.namespaces.flags = 0; s.namespaces.boottime = 0)                                      \
    X(time_left, NONE, s.namespaces.flags = 0; s.namespaces.boottime = s.namespaces.monotonic = 0)                     \
    X(maps_and_self, RULE, s.namespaces.flags |= RF_NS_MAP_SELF)                                                       \
    X(self_only, NONE, map_self())                                                                                     \
    X(self_without_user, RULE, map_self(); no_user())                                                                  \
    X(maps_without_user, RULE, no_user())                                                                              \
    X(user_without_maps, RULE, drop(RF_ID_MAPS))                                                                       \
    X(no_user_no_maps, NONE, no_user(); drop(RF_ID_MAPS); drop(RF_SYSCTLS))                                            \
    X(hostname_not_new, RULE, s.namespaces.create &= ~(uint32_t)CLONE_NEWUTS)                                          \
    X(hostname_left, NONE, s.namespaces.hostname = RF_TEXT_ABSENT)                                                     \
    X(hostname_empty, RULE, s.namespaces.hostname = host(""))                                                          \
    X(hostname_64, NONE, s.namespaces.hostname = host(NULL); s.namespaces.hostname.prefix = longer("", 64))            \
    X(hostname_65, RULE, s.namespaces.hostname = host(NULL); s.namespaces.hostname.prefix = longer("", 65))            \
    X(hostname_of_path, RULE, s.namespaces.hostname = text(NULL, DATA, NULL))                                          \
    X(hostname_parameter_long, RULE, s.parameters[1].max_length = 62)                                                  \
    X(hostname_parameter_fits, NONE, s.parameters[1].max_length = 61; drop(RF_CGROUP))                                 \
    X(hostname_suffix_long, RULE, s.namespaces.hostname = text("db-", INSTANCE, "012345678901234567890123456789"))     \
    X(join_two_kinds, RULE, s.joins[0].kind = CLONE_NEWNET | CLONE_NEWCGROUP)                                          \
    X(join_no_kind, RULE, s.joins[0].kind = 0)                                                                         \
    X(join_other_kind, FIELD, s.joins[0].kind = CLONE_VM)                                                              \
    X(join_and_create, RULE, s.joins[0].kind = CLONE_NEWPID)                                                           \
    X(join_twice, RULE, s.joins[1].kind = s.joins[0].kind)                                                             \
    X(join_relative, FIELD, s.joins[0].path = str("run/netns/a"))                                                      \
    X(join_reserved, FIELD, s.joins[0].reserved = 1)                                                                   \
    X(map_kind, FIELD, s.id_maps[0].kind = 2)                                                                          \
    X(map_size_0, FIELD, s.id_maps[0].size = 0)                                                                        \
    X(map_inside, FIELD, s.id_maps[0].inside = UINT32_MAX)                                                             \
    X(map_outside, FIELD, s.id_maps[0].outside = UINT32_MAX)                                                           \
    X(map_inside_wraps, RULE, s.id_maps[0].inside = UINT32_MAX - 65535)                                                \
    X(map_inside_to_the_end, NONE, s.id_maps[0].inside = UINT32_MAX - 65536)                                           \
    X(map_outside_wraps, RULE, s.id_maps[0].outside = UINT32_MAX - 65535)                                              \
    X(map_to_the_end, NONE, s.id_maps[0].outside = UINT32_MAX - 65536)

#define ROOT_CASES(X)                                                                                                  \
    X(root_relative, FIELD, s.root.path = host("srv"))                                                                 \
    X(root_absent, STRING, s.root.path = RF_TEXT_ABSENT)                                                               \
    X(root_slash, NONE, s.root.path = host("/"))                                                                       \
    X(root_trailing_slash, FIELD, s.root.path = host("/srv/"))                                                         \
    X(root_double_slash, FIELD, s.root.path = host("/srv//a"))                                                         \
    X(root_dots, FIELD, s.root.path = host("/srv/../a"))                                                               \
    X(root_dot_last, FIELD, s.root.path = host("/srv/."))                                                              \
    X(root_hidden, NONE, s.root.path = host("/srv/.a/...b/c..d"))                                                      \
    X(root_flags, FIELD, s.root.flags = 16)                                                                            \
    X(root_proc, FIELD, s.root.proc = 3)                                                                               \
    X(root_sys, FIELD, s.root.sys = 2)                                                                                 \
    X(root_reserved, FIELD, s.root.reserved = 1)                                                                       \
    X(hidepid, NONE, s.root.flags |= RF_ROOT_HIDEPID)                                                                  \
    X(hidepid_of_nothing, RULE, s.root.flags = 4; s.root.proc = RF_PROC_NONE)                                          \
    X(root_host_namespace, RULE, s.namespaces.create &= ~(uint32_t)CLONE_NEWNS)                                        \
    X(keep, NONE, sample_keep_root(&s))                                                                                \
    X(keep_new_namespace, RULE, sample_keep_root(&s); s.namespaces.create |= CLONE_NEWNS)                              \
    X(keep_path, RULE, sample_keep_root(&s); s.root.path = host("/a"))                                                 \
    X(keep_parameter, RULE, sample_keep_root(&s); s.root.path = text(NULL, ROOTFS, NULL))                              \
    X(keep_writable, RULE, sample_keep_root(&s); s.root.flags |= RF_ROOT_WRITABLE)                                     \
    X(keep_proc, RULE, sample_keep_root(&s); s.root.proc = RF_PROC_FULL)                                               \
    X(keep_sys, RULE, sample_keep_root(&s); s.root.sys = RF_SYS_READ_ONLY)                                             \
    X(keep_mounts, RULE, sample_keep_root(&s); one(RF_MOUNTS))                                                         \
    X(keep_masks, RULE, sample_keep_root(&s); one(RF_MASKS))                                                           \
    X(keep_read_only, RULE, sample_keep_root(&s); one(RF_READ_ONLY))                                                   \
    X(keep_devices, RULE, sample_keep_root(&s); one(RF_DEVICES))                                                       \
    X(text_no_parameter, FIELD, s.root.path.parameter = 3)                                                             \
    X(text_reserved, FIELD, s.root.path.reserved = 1)                                                                  \
    X(text_suffix_alone, FIELD, s.root.path = text("/a", RF_NONE, "/b"))                                               \
    X(text_before_path, FIELD, s.root.path = text("/a", ROOTFS, NULL))                                                 \
    X(text_glued_to_path, FIELD, s.root.path = text(NULL, ROOTFS, "b"))                                                \
    X(text_slash_behind_path, FIELD, s.root.path = text(NULL, ROOTFS, "/"))                                            \
    X(text_dots_behind_path, FIELD, s.root.path = text(NULL, ROOTFS, "/../a"))                                         \
    X(text_name, NONE, s.root.path = text("/a/b-", INSTANCE, "..c/d"))                                                 \
    X(text_name_relative, FIELD, s.root.path = text("a/", INSTANCE, NULL))                                             \
    X(text_name_alone, FIELD, s.root.path = text(NULL, INSTANCE, NULL))                                                \
    X(text_name_slash, FIELD, s.root.path = text("/", INSTANCE, "/"))                                                  \
    X(text_name_dots, FIELD, s.root.path = text("/", INSTANCE, "/.."))                                                 \
    X(text_name_too_long, FIELD, s.root.path = text("/", INSTANCE, NULL);                                              \
      s.root.path.suffix = longer("", RF_STRING_MAX - 32))                                                             \
    X(text_name_longest, NONE, s.root.path = text("/", INSTANCE, NULL);                                                \
      s.root.path.suffix = longer("", RF_STRING_MAX - 33))                                                             \
    X(text_empty_pieces, NONE, s.root.path = text("", ROOTFS, ""))                                                     \
    X(text_empty_suffix, NONE, s.root.path = text("/a", RF_NONE, ""))                                                  \
    X(string_longest, NONE, s.root.path.parameter = RF_NONE; s.root.path.prefix = longer("/", RF_STRING_MAX - 1))      \
    X(string_too_long, STRING, s.root.path.parameter = RF_NONE; s.root.path.prefix = longer("/", RF_STRING_MAX))

#define MOUNT_CASES(X)                                                                                                 \
    X(target_root, RULE, s.mounts[0].target = str("/"))                                                                \
    X(target_relative, FIELD, s.mounts[0].target = str("data"))                                                        \
    X(target_trailing_slash, FIELD, s.mounts[0].target = str("/data/"))                                                \
    X(target_dots, FIELD, s.mounts[0].target = str("/data/../x"))                                                      \
    X(target_dot, FIELD, s.mounts[0].target = str("/."))                                                               \
    X(target_double_slash, FIELD, s.mounts[0].target = str("//data"))                                                  \
    X(target_proc, RULE, s.mounts[3].target = str("/proc"))                                                            \
    X(target_below_proc, RULE, s.mounts[3].target = str("/proc/sys"))                                                  \
    X(target_like_proc, NONE, s.mounts[3].target = str("/process"))                                                    \
    X(target_sys, RULE, s.mounts[3].target = str("/sys"))                                                              \
    X(target_below_sys, RULE, s.mounts[3].target = str("/sys/fs/cgroup"))                                              \
    X(target_like_sys, NONE, s.mounts[3].target = str("/sysroot"))                                                     \
    X(target_dev, RULE, s.mounts[1].target = str("/dev"))                                                              \
    X(targets_descend, RULE, s.mounts[0].target = str("/dev/shm1"))                                                    \
    X(targets_equal, RULE, s.mounts[0].target = s.mounts[1].target)                                                    \
    X(targets_parent_later, RULE, s.mounts[2].target = str("/etc/shop/instance/x"))                                    \
    X(mount_kind, FIELD, s.mounts[0].kind = 8)                                                                         \
    X(mount_kind_0, FIELD, s.mounts[0].kind = 0)                                                                       \
    X(mount_flags, FIELD, s.mounts[0].flags = 16)                                                                      \
    X(bind_noexec, NONE, s.mounts[2].flags = RF_MOUNT_NOEXEC)                                                          \
    X(bind_id_map, NONE, s.mounts[2].flags = RF_MOUNT_ID_MAP)                                                          \
    X(bind_id_map_not_required, RULE, s.mounts[2].flags = RF_MOUNT_ID_MAP; s.plan.required = 0; s.mounts[3].flags = 0) \
    X(bind_id_map_no_maps, RULE, s.mounts[2].flags = RF_MOUNT_ID_MAP; map_self())                                      \
    X(bind_inodes, RULE, s.mounts[0].inodes = 1)                                                                       \
    X(bind_no_source, RULE, s.mounts[0].source = RF_TEXT_ABSENT)                                                       \
    X(bind_relative, RULE, s.mounts[2].source = host("etc"))                                                           \
    X(bind_size, RULE, s.mounts[0].size = 1)                                                                           \
    X(bind_mode, RULE, s.mounts[0].mode = 0755)                                                                        \
    X(bind_uid, RULE, s.mounts[0].uid = 1)                                                                             \
    X(bind_gid, RULE, s.mounts[0].gid = 1)                                                                             \
    X(recursive_not_required, RULE, s.plan.required = 0)                                                               \
    X(nothing_required, NONE, s.plan.required = 0; s.mounts[3].flags = 0)                                              \
    X(tmpfs_source, RULE, s.mounts[1].source = host("/a"))                                                             \
    X(tmpfs_size, RULE, s.plan.records[RF_FILLS] = s.fills + 1; s.plan.count[RF_FILLS] = 3)                            \
    X(tmpfs_recursive, RULE, s.mounts[1].flags |= RF_MOUNT_RECURSIVE)                                                  \
    X(tmpfs_not_writable, RULE, s.mounts[1].flags = 0)                                                                 \
    X(tmpfs_noexec, NONE, s.mounts[1].flags |= RF_MOUNT_NOEXEC)                                                        \
    X(tmpfs_id_map, RULE, s.mounts[1].flags |= RF_MOUNT_ID_MAP)                                                        \
    X(tmpfs_inodes, NONE, s.mounts[1].inodes = 100)                                                                    \
    X(overlay, NONE, overlay(); s.root.flags = RF_ROOT_WRITABLE)                                                       \
    X(overlay_inodes, NONE, overlay(); s.root.flags = RF_ROOT_WRITABLE; s.mounts[0].inodes = 9)                        \
    X(overlay_read_only_root, RULE, overlay())                                                                         \
    X(overlay_elsewhere, RULE, overlay(); s.root.flags = RF_ROOT_WRITABLE; s.mounts[0].target = str("/a"))             \
    X(overlay_size, RULE, overlay(); s.root.flags = RF_ROOT_WRITABLE; s.mounts[0].size = 0)                            \
    X(overlay_mode, RULE, overlay(); s.root.flags = RF_ROOT_WRITABLE; s.mounts[0].mode = 0755)                         \
    X(overlay_noexec, RULE, overlay(); s.root.flags = RF_ROOT_WRITABLE; s.mounts[0].flags |= RF_MOUNT_NOEXEC)          \
    X(content, NONE, content("line\nline\n"))                                                                          \
    X(content_empty, NONE, content(""))                                                                                \
    X(content_absent, RULE, content(NULL))                                                                             \
    X(content_writable, RULE, content(""); s.mounts[2].flags = RF_MOUNT_WRITABLE)                                      \
    X(content_set_id, RULE, content(""); s.mounts[2].mode = 04755)                                                     \
    X(content_size, RULE, content(""); s.mounts[2].size = 1)                                                           \
    X(content_longest, NONE, content(""); s.mounts[2].source.prefix = longer("", RF_STRING_MAX))                       \
    X(content_parameter, NONE, content(""); s.mounts[2].source = text("a ", INSTANCE, "\n"))                           \
    X(content_parameter_long, RULE, content(""); s.mounts[2].source = text(NULL, INSTANCE, NULL);                      \
      s.mounts[2].source.suffix = longer("", RF_STRING_MAX - 31))                                                      \
    X(devpts, NONE, kernel_fs(RF_MOUNT_DEVPTS, RF_MOUNT_WRITABLE); s.mounts[1].gid = 5)                                \
    X(devpts_uid, RULE, kernel_fs(RF_MOUNT_DEVPTS, RF_MOUNT_WRITABLE); s.mounts[1].uid = 5)                            \
    X(devpts_read_only, RULE, kernel_fs(RF_MOUNT_DEVPTS, 0))                                                           \
    X(mqueue, NONE, kernel_fs(RF_MOUNT_MQUEUE, RF_MOUNT_WRITABLE); new_ipc())                                          \
    X(mqueue_of_others, RULE, kernel_fs(RF_MOUNT_MQUEUE, RF_MOUNT_WRITABLE))                                           \
    X(cgroup, NONE, kernel_fs(RF_MOUNT_CGROUP, 0); s.namespaces.create |= CLONE_NEWCGROUP)                             \
    X(cgroup_writable, RULE, kernel_fs(RF_MOUNT_CGROUP, 1); s.namespaces.create |= CLONE_NEWCGROUP)                    \
    X(cgroup_of_others, RULE, kernel_fs(RF_MOUNT_CGROUP, 0))                                                           \
    X(cgroup_in_sys, NONE, cgroup_at("/sys/fs/cgroup"))                                                                \
    X(cgroup_in_no_sys, RULE, cgroup_at("/sys/fs/cgroup"); s.root.sys = RF_SYS_NONE)                                   \
    X(cgroup_elsewhere_in_sys, RULE, cgroup_at("/sys/fs"))                                                             \
    X(cgroup_below_its_place, RULE, cgroup_at("/sys/fs/cgroup/a"))                                                     \
    X(cgroup_in_proc, RULE, cgroup_at("/proc/fs"))                                                                     \
    X(tmpfs_mode, FIELD, s.mounts[1].mode = 010000)                                                                    \
    X(tmpfs_uid, FIELD, s.mounts[1].uid = UINT32_MAX)                                                                  \
    X(masks_descend, RULE, s.masks[0].path = str("/sys/firmware2"))                                                    \
    X(masks_equal, RULE, s.masks[0].path = s.masks[1].path)                                                            \
    X(mask_relative, FIELD, s.masks[0].path = str("proc"))                                                             \
    X(read_only_descend, RULE, s.read_only[1].path = str("/proc/a"))                                                   \
    X(read_only_relative, FIELD, s.read_only[1].path = str("sys"))                                                     \
    X(device_slash, FIELD, s.devices[0].name = str("a/b"))                                                             \
    X(device_dots, FIELD, s.devices[0].name = str(".."))                                                               \
    X(device_twice, RULE, s.devices[1].name = s.devices[0].name)                                                       \
    X(device_major, FIELD, s.devices[0].major = 0x1000)                                                                \
    X(device_minor, FIELD, s.devices[0].minor = 0x100000)                                                              \
    X(device_mode, FIELD, s.devices[0].mode = 01000)

#define PROCESS_CASES(X)                                                                                               \
    X(limit_file, FIELD, s.limits[0].file = str("../memory.max"))                                                      \
    X(limit_controller, FIELD, s.limits[0].controller = 4)                                                             \
    X(limit_version, FIELD, s.limits[0].version = 3)                                                                   \
    X(limit_compare, FIELD, s.limits[0].compare = 0)                                                                   \
    X(limit_flags, FIELD, s.limits[0].flags = 4)                                                                       \
    X(limit_value, RULE, s.limits[2].value = 100)                                                                      \
    X(io_relative, FIELD, s.io[1].device = host("dev/sda"))                                                            \
    X(cwd_relative, FIELD, s.process.cwd = str("data"))                                                                \
    X(cwd_root, NONE, s.process.cwd = str("/"))                                                                        \
    X(uid_none, FIELD, s.process.uid = UINT32_MAX)                                                                     \
    X(gid_none, FIELD, s.process.gid = UINT32_MAX)                                                                     \
    X(init, FIELD, s.process.init = 2)                                                                                 \
    X(umask, FIELD, s.process.umask = 01000)                                                                           \
    X(process_flags, FIELD, s.process.flags = 4)                                                                       \
    X(oom_least, NONE, s.process.oom_score_adj = -1000)                                                                \
    X(oom_too_little, FIELD, s.process.oom_score_adj = -1001)                                                          \
    X(oom_most, NONE, s.process.oom_score_adj = 1000)                                                                  \
    X(oom_too_much, FIELD, s.process.oom_score_adj = 1001)                                                             \
    X(oom_far_off, FIELD, s.process.oom_score_adj = INT32_MIN)                                                         \
    X(oom_not_set, RULE, s.process.flags = 0)                                                                          \
    X(oom_optional_alone, RULE, s.process.flags = RF_PROCESS_OOM_OPTIONAL; s.process.oom_score_adj = 0)                \
    X(oom_left, NONE, s.process.flags = 0; s.process.oom_score_adj = 0)                                                \
    X(env_no_equals, RULE, s.env[1].text = str("EMPTY"))                                                               \
    X(env_no_name, RULE, s.env[1].text = str("=a"))                                                                    \
    X(env_empty, RULE, s.env[1].text = str(""))                                                                        \
    X(pass_env_equals, RULE, s.pass_env[1].name = str("A=b"))                                                          \
    X(pass_env_flags, FIELD, s.pass_env[1].flags = 2)                                                                  \
    X(groups_descend, RULE, s.groups[1].gid = 26)                                                                      \
    X(groups_equal, RULE, s.groups[1].gid = 27)                                                                        \
    X(group_none, FIELD, s.groups[1].gid = UINT32_MAX)                                                                 \
    X(rlimit_resource, FIELD, s.rlimits[1].resource = 16)                                                              \
    X(rlimits_descend, RULE, s.rlimits[1].resource = 0)                                                                \
    X(rlimits_equal, RULE, s.rlimits[1].resource = s.rlimits[0].resource)                                              \
    X(rlimit_soft_over_hard, RULE, s.rlimits[0].soft = 4097)                                                           \
    X(rlimit_soft_is_hard, NONE, s.rlimits[0].soft = 4096)                                                             \
    X(confine_flags, FIELD, s.confine.flags = 2)                                                                       \
    X(capability_63, NONE, s.confine.capabilities |= UINT64_C(1) << 63)                                                \
    X(filter_and_none, SECTION, s.confine.flags = RF_CONFINE_NO_FILTER)                                                \
    X(no_filter, SECTION, no_filters())                                                                                \
    X(none_as_told, NONE, no_filters(); s.confine.flags = RF_CONFINE_NO_FILTER;                                        \
      s.confine.notify_socket = RF_TEXT_ABSENT)                                                                        \
    X(none_with_socket, RULE, no_filters(); s.confine.flags = RF_CONFINE_NO_FILTER)                                    \
    X(notify_to_nobody, RULE, notify(RF_TEXT_ABSENT, true))                                                            \
    X(notify_of_nothing, RULE, notify(host("/run/a"), false))                                                          \
    X(notify_neither, NONE, notify(RF_TEXT_ABSENT, false))                                                             \
    X(notify_literal, NONE, notify(host("/run/a"), true))                                                              \
    X(notify_parameter, NONE, notify(text(NULL, DATA, "/a"), true))                                                    \
    X(notify_relative, RULE, notify(host("run/a"), true))                                                              \
    X(notify_empty, RULE, notify(host(""), true))                                                                      \
    X(notify_dots, RULE, notify(host("/run/../a"), true))                                                              \
    X(notify_reserved, FIELD, s.confine.notify_socket.reserved = 1)                                                    \
    X(notify_masked, RULE, s.filters[2][4].code = BPF_ALU | BPF_AND | BPF_K)                                           \
    X(attend_flags, FIELD, s.attend.flags = 4)                                                                         \
    X(attend_nothing, RULE, s.attend.flags = 0; s.attend.time_limit = 0)                                               \
    X(attend_limit_alone, NONE, s.attend.flags = 0)                                                                    \
    X(attend_stop_at_once, NONE, s.attend.stop_timeout = 0)                                                            \
    X(attend_terminal_of_the_host, RULE, sample_keep_root(&s); s.attend.flags = RF_ATTEND_TERMINAL)                    \
    X(attend_limit_of_the_host, NONE, sample_keep_root(&s))                                                            \
    X(attend_twice, RECORD, s.plan.count[RF_ATTEND] = 2)                                                               \
    X(one_filter, NONE, no_filters(); s.plan.count[RF_FILTER_AARCH64] = 7; s.confine.notify_socket = RF_TEXT_ABSENT)   \
    X(execve_killed, RULE, answer(0, 59, SECCOMP_RET_KILL_PROCESS))                                                    \
    X(execve_refused, RULE, answer(1, 221, SECCOMP_RET_ERRNO | 1))                                                     \
    X(execve_notified, RULE, answer(2, 221, SECCOMP_RET_USER_NOTIF))                                                   \
    X(execve_logged, NONE, answer(0, 59, SECCOMP_RET_LOG))                                                             \
    X(execve_by_argument, RULE, answer(0, 59, SECCOMP_RET_ERRNO | 1); s.filters[0][2].k = 16)                          \
    X(execve_by_mask, RULE, answer(0, 59, SECCOMP_RET_ERRNO | 1); s.filters[0][3].code = BPF_JMP | BPF_JSET | BPF_K)   \
    X(execve_of_another, NONE, answer(0, 221, SECCOMP_RET_KILL_PROCESS))                                               \
    X(exit_group_notified, RULE, answer(2, 94, SECCOMP_RET_USER_NOTIF))                                                \
    X(exit_group_refused, NONE, answer(0, 231, SECCOMP_RET_ERRNO | 1))                                                 \
    X(exit_group_killed, NONE, answer(0, 231, SECCOMP_RET_KILL_PROCESS))                                               \
    X(filter_of_another, FILTER, s.plan.records[RF_FILTER_RISCV64] = s.filters[1])                                     \
    X(filter_short, FILTER, s.plan.count[RF_FILTER_X86_64] = 6)                                                        \
    X(filter_of_one, FILTER, s.plan.count[RF_FILTER_X86_64] = 1)                                                       \
    X(too_many_records, RECORD, s.plan.count[RF_GROUPS] = 257)                                                         \
    X(no_records, RECORD, s.plan.records[RF_GROUPS] = NULL)                                                            \
    X(string_outside_pool, STRING, s.args[0].text.offset = s.pool.used)                                                \
    X(string_over_pool, STRING, s.args[0].text.length = s.pool.used)                                                   \
    X(missing_section, SECTION, drop(RF_CONFINE))

#define LANDLOCK_CASES(X)                                                                                              \
    X(landlock_none, NONE, no_landlock())                                                                              \
    X(landlock_bare, NONE, drop(RF_LANDLOCK_PATHS); drop(RF_LANDLOCK_PORTS))                                           \
    X(landlock_twice, RECORD, s.plan.count[RF_LANDLOCK] = 2)                                                           \
    X(landlock_paths_alone, RULE, no_landlock(); s.plan.count[RF_LANDLOCK_PATHS] = 1)                                  \
    X(landlock_ports_alone, RULE, no_landlock(); s.plan.count[RF_LANDLOCK_PORTS] = 1)                                  \
    X(landlock_abi_0, FIELD, s.landlock.abi = 0)                                                                       \
    X(landlock_abi_11, FIELD, s.landlock.abi = 11)                                                                     \
    X(landlock_abi_of_scope, NONE, s.landlock.abi = 6)                                                                 \
    X(landlock_abi_below_scope, RULE, s.landlock.abi = 5)                                                              \
    X(landlock_abi_of_ports, NONE, s.landlock.abi = 4; s.landlock.scope = 0)                                           \
    X(landlock_abi_below_ports, RULE, s.landlock.abi = 3; s.landlock.scope = 0)                                        \
    X(landlock_abi_1, NONE, s.landlock = ((struct rf_landlock){1, 0, 0, 0}); drop(RF_LANDLOCK_PORTS))                  \
    X(landlock_path_relative, FIELD, s.landlock_paths[1].path = str("usr"))                                            \
    X(landlock_path_root, NONE, s.landlock_paths[0].path = str("/"))                                                   \
    X(landlock_paths_descend, RULE, s.landlock_paths[1].path = str("/bin"))                                            \
    X(landlock_paths_equal, RULE, s.landlock_paths[1].path = s.landlock_paths[0].path)                                 \
    X(landlock_access_none, FIELD, s.landlock_paths[0].access = 0)                                                     \
    X(landlock_port_not_handled, RULE, s.landlock.ports = RF_LANDLOCK_BIND)                                            \
    X(landlock_port_both, NONE, s.landlock_ports[1].access = 3)                                                        \
    X(landlock_port_most, NONE, s.landlock_ports[1].port = 65535)                                                      \
    X(landlock_ports_equal, RULE, s.landlock_ports[1].port = 0)                                                        \
    X(landlock_ports_descend, RULE, s.landlock_ports[0].port = 444)

#define TUNING_CASES(X)                                                                                                \
    X(tuning_descends, RULE, s.tuning[1].kind = RF_TUNING_NICE)                                                        \
    X(tuning_kind_0, FIELD, s.tuning[0].kind = 0)                                                                      \
    X(tuning_kind_end, FIELD, s.tuning[3].kind = RF_TUNING_END)                                                        \
    X(nice_least, NONE, tune(RF_TUNING_NICE, 0, -20))                                                                  \
    X(nice_too_little, RULE, tune(RF_TUNING_NICE, 0, -21))                                                             \
    X(nice_too_much, RULE, tune(RF_TUNING_NICE, 0, 20))                                                                \
    X(nice_far_off, RULE, tune(RF_TUNING_NICE, 0, INT64_MIN))                                                          \
    X(nice_priority, RULE, tune(RF_TUNING_NICE, 1, 0))                                                                 \
    X(io_realtime, NONE, tune(RF_TUNING_IO_PRIORITY, 0, 0x2007))                                                       \
    X(io_level, RULE, tune(RF_TUNING_IO_PRIORITY, 0, 0x2008))                                                          \
    X(io_idle, NONE, tune(RF_TUNING_IO_PRIORITY, 0, 0x6000))                                                           \
    X(io_idle_level, RULE, tune(RF_TUNING_IO_PRIORITY, 0, 0x6001))                                                     \
    X(io_none, RULE, tune(RF_TUNING_IO_PRIORITY, 0, 0))                                                                \
    X(scheduler_most, NONE, tune(RF_TUNING_SCHEDULER, 99, SCHED_FIFO))                                                 \
    X(scheduler_priority, FIELD, tune(RF_TUNING_SCHEDULER, 100, SCHED_FIFO))                                           \
    X(scheduler_deadline, RULE, tune(RF_TUNING_SCHEDULER, 0, 6))                                                       \
    X(personality_32, NONE, tune(RF_TUNING_PERSONALITY, 0, 8))                                                         \
    X(personality_flags, RULE, tune(RF_TUNING_PERSONALITY, 0, 0x40008))                                                \
    X(personality_other, RULE, tune(RF_TUNING_PERSONALITY, 0, 4))                                                      \
    X(slack_0, RULE, tune(RF_TUNING_TIMER_SLACK, 0, 0))                                                                \
    X(slack_most, NONE, tune(RF_TUNING_TIMER_SLACK, 0, INT64_C(0x80000000)))                                           \
    X(slack_too_much, RULE, tune(RF_TUNING_TIMER_SLACK, 0, INT64_C(0x80000001)))                                       \
    X(mdwe, NONE, tune(RF_TUNING_MDWE, 0, 1); s.plan.required |= RF_REQUIRE_MDWE)                                      \
    X(mdwe_not_required, RULE, tune(RF_TUNING_MDWE, 0, 1))                                                             \
    X(mdwe_off, RULE, tune(RF_TUNING_MDWE, 0, 0); s.plan.required |= RF_REQUIRE_MDWE)                                  \
    X(bypass, NONE, tune(RF_TUNING_STORE_BYPASS, 0, 8))                                                                \
    X(bypass_allowed, RULE, tune(RF_TUNING_STORE_BYPASS, 0, 2))                                                        \
    X(branch_both, RULE, tune(RF_TUNING_INDIRECT_BRANCH, 0, 12))                                                       \
    X(flush, NONE, tune(RF_TUNING_L1D_FLUSH, 0, 2))                                                                    \
    X(flush_off, RULE, tune(RF_TUNING_L1D_FLUSH, 0, 4))                                                                \
    X(numa_default, RULE, tune(RF_TUNING_NUMA, 0, 0))                                                                  \
    X(numa_local, NONE, tune(RF_TUNING_NUMA, 0, MPOL_LOCAL); drop(RF_NODES))                                           \
    X(numa_preferred_many, RULE, tune(RF_TUNING_NUMA, 0, 5))                                                           \
    X(nodes_without_numa, RULE, one(RF_TUNING))                                                                        \
    X(nodes_trailing_zero, RULE, s.nodes[0].bits = 0)                                                                  \
    X(securebits_all, NONE, tune(RF_TUNING_SECUREBITS, 0, 0x45))                                                       \
    X(securebits_lock, RULE, tune(RF_TUNING_SECUREBITS, 0, 0x3))                                                       \
    X(securebits_keep_caps, RULE, tune(RF_TUNING_SECUREBITS, 0, 0x10))                                                 \
    X(securebits_none, RULE, tune(RF_TUNING_SECUREBITS, 0, 0))                                                         \
    X(ignored_most, NONE, tune(RF_TUNING_KEEP_IGNORED, 0, 0x7fffffff))                                                 \
    X(ignored_32, RULE, tune(RF_TUNING_KEEP_IGNORED, 0, INT64_C(0x80000000)))                                          \
    X(ignored_none, RULE, tune(RF_TUNING_KEEP_IGNORED, 0, 0))                                                          \
    X(cpus_trailing_zero, RULE, s.cpus[1].bits = 0)                                                                    \
    X(cpus_too_many, RECORD, s.plan.count[RF_CPUS] = 17)                                                               \
    X(domainname_not_new, RULE, s.namespaces.create &= ~(uint32_t)CLONE_NEWUTS;                                        \
      s.namespaces.hostname = RF_TEXT_ABSENT)                                                                          \
    X(domainname_65, RULE, s.domainname.text = host(NULL); s.domainname.text.prefix = longer("", 65))                  \
    X(domainname_absent, STRING, s.domainname.text = RF_TEXT_ABSENT)                                                   \
    X(sysctl_relative, FIELD, s.sysctls[0].name = str("user/max_net_namespaces"))                                      \
    X(sysctl_dots, FIELD, s.sysctls[0].name = str("/user/../kernel/panic"))                                            \
    X(sysctls_descend, RULE, s.sysctls[1].name = str("/user/a"))                                                       \
    X(sysctls_equal, RULE, s.sysctls[1].name = s.sysctls[0].name)                                                      \
    X(sysctl_of_the_network, NONE, sysctl("/net/ipv4/ip_forward", CLONE_NEWNET))                                       \
    X(sysctl_of_the_hosts_network, RULE, sysctl("/net/ipv4/ip_forward", CLONE_NEWIPC))                                 \
    X(sysctl_of_ipc, NONE, sysctl("/kernel/sem", CLONE_NEWIPC))                                                        \
    X(sysctl_of_the_hosts_ipc, RULE, sysctl("/kernel/sem", CLONE_NEWNET))                                              \
    X(sysctl_of_the_hosts_queues, RULE, sysctl("/fs/mqueue/msg_max", CLONE_NEWNET))                                    \
    X(sysctl_of_queues, NONE, sysctl("/fs/mqueue/msg_max", CLONE_NEWIPC))                                              \
    X(sysctl_of_the_host, RULE, sysctl("/kernel/core_pattern", CLONE_NEWIPC))                                          \
    X(sysctl_of_the_hosts_memory, RULE, sysctl("/vm/overcommit_memory", CLONE_NEWIPC | CLONE_NEWNET))                  \
    X(sysctl_short, RULE, sysctl("/", CLONE_NEWIPC))                                                                   \
    X(sysctl_of_the_hosts_users, RULE, no_user(); drop(RF_ID_MAPS))                                                    \
    X(sysctl_value_absent, STRING, s.sysctls[0].value = RF_STR_ABSENT)

#define SERVICE_CASES(X)                                                                                               \
    X(service_none, NONE, drop(RF_SERVICE))                                                                            \
    X(service_of_nothing, RULE, s.service = (struct rf_service){0})                                                    \
    X(service_twice, RECORD, s.plan.count[RF_SERVICE] = 2)                                                             \
    X(service_reserved, FIELD, s.service.reserved = 1)                                                                 \
    X(same, NONE, same())                                                                                              \
    X(same_new_pid, RULE, same(); s.namespaces.create |= CLONE_NEWPID)                                                 \
    X(same_joined_pid, RULE, same(); s.joins[1].kind = CLONE_NEWPID)                                                   \
    X(same_new_time, RULE, same(); s.namespaces.create |= CLONE_NEWTIME)                                               \
    X(same_reaper, RULE, same(); s.process.init = RF_INIT_REAPER)                                                      \
    X(same_notify, RULE, same(); notify(host("/run/a"), true))                                                         \
    X(same_attended, RULE, same(); one(RF_ATTEND))                                                                     \
    X(keep_fds_none, NONE, drop(RF_KEEP_FDS))                                                                          \
    X(keep_fd_2, RULE, s.keep_fds[0].fd = 2)                                                                           \
    X(keep_fd_3, NONE, s.keep_fds[0].fd = 3)                                                                           \
    X(keep_fd_twice, RULE, s.keep_fds[0].fd = 63)                                                                      \
    X(keep_fd_64, FIELD, s.keep_fds[1].fd = 64)                                                                        \
    X(keep_fd_unnamed, STRING, s.keep_fds[0].name = RF_STR_ABSENT)                                                     \
    X(keep_fds_62, RECORD, s.plan.count[RF_KEEP_FDS] = 62)

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
