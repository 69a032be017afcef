/* SPDX-License-Identifier: Apache-2.0 */
#include "blob_sample.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <sha256.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "reader.h"

struct rf_str sample_str(struct sample *s, const char *text) {
    if (!text) return RF_STR_ABSENT;
    size_t length = strlen(text);
    for (uint32_t at = 0; at < s->pool.used; at += (uint32_t)strlen(s->pool.bytes + at) + 1) {
        if (strcmp(s->pool.bytes + at, text) == 0) return (struct rf_str){at, (uint32_t)length};
    }
    return rf_pool_add(&s->pool, text, length);
}

struct rf_text sample_text(struct sample *s, const char *prefix, uint32_t parameter, const char *suffix) {
    return (struct rf_text){sample_str(s, prefix), sample_str(s, suffix), parameter, 0};
}

enum { DATA, INSTANCE, ROOTFS, MEMORY, ADDRESS };

static void fill_surroundings(struct sample *s) {
    s->parameters[DATA] = (struct rf_parameter){sample_str(s, "data"), sample_str(s, "/srv/volumes"), RF_STR_ABSENT,
                                                RF_PARAM_PATH, RF_STRING_MAX};
    s->parameters[INSTANCE] =
        (struct rf_parameter){sample_str(s, "instance"), RF_STR_ABSENT, sample_str(s, "main"), RF_PARAM_NAME, 32};
    s->parameters[ROOTFS] = (struct rf_parameter){sample_str(s, "rootfs"), sample_str(s, "/srv/images"),
                                                  sample_str(s, "/srv/images/db"), RF_PARAM_PATH, 255};
    s->parameters[MEMORY] = (struct rf_parameter){sample_str(s, "memory"), sample_str(s, "4096..1073741824"),
                                                  sample_str(s, "65536"), RF_PARAM_NUMBER, 10};
    s->parameters[ADDRESS] = (struct rf_parameter){sample_str(s, "address"), sample_str(s, "10.66.0.0/16"),
                                                   RF_STR_ABSENT, RF_PARAM_IPV4_PREFIX, 18};
    s->cgroup.name = sample_text(s, "db-", INSTANCE, ".x");
    s->namespaces =
        (struct rf_namespaces){.create = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWUSER | CLONE_NEWTIME,
                               .flags = RF_NS_SET_TIME,
                               .boottime = 5,
                               .monotonic = -3,
                               .hostname = sample_text(s, "db-", INSTANCE, NULL)};
    s->joins[0] = (struct rf_join){sample_str(s, "/run/netns/shop"), CLONE_NEWNET, 0};
    s->joins[1] = (struct rf_join){sample_str(s, "/proc/1/ns/ipc"), CLONE_NEWIPC, 0};
    s->id_maps[0] = (struct rf_id_map){0, 0, 100000, 65536};
    s->id_maps[1] = (struct rf_id_map){1, 0, 100000, 65536};
    s->root = (struct rf_root){sample_text(s, NULL, ROOTFS, NULL), 0, RF_PROC_FULL, RF_SYS_READ_ONLY, 0};
    s->mounts[0] = (struct rf_mount){.target = sample_str(s, "/data"),
                                     .source = sample_text(s, NULL, DATA, "/x"),
                                     .kind = RF_MOUNT_BIND,
                                     .flags = RF_MOUNT_WRITABLE | RF_MOUNT_RECURSIVE};
    s->mounts[1] = (struct rf_mount){.target = sample_str(s, "/dev/shm"),
                                     .source = RF_TEXT_ABSENT,
                                     .kind = RF_MOUNT_TMPFS,
                                     .flags = RF_MOUNT_WRITABLE,
                                     .size = 0, /* FILLS has it */
                                     .mode = 01777,
                                     .uid = 999,
                                     .gid = 999};
    s->mounts[2] = (struct rf_mount){.target = sample_str(s, "/etc/shop"),
                                     .source = sample_text(s, "/etc/shop", RF_NONE, NULL),
                                     .kind = RF_MOUNT_BIND};
    s->mounts[3] = (struct rf_mount){.target = sample_str(s, "/etc/shop/instance"),
                                     .source = sample_text(s, "/etc/shop-", INSTANCE, ".d"),
                                     .kind = RF_MOUNT_BIND,
                                     .flags = RF_MOUNT_RECURSIVE};
    s->masks[0] = (struct rf_path){sample_str(s, "/proc/kcore")};
    s->masks[1] = (struct rf_path){sample_str(s, "/sys/firmware")};
    s->read_only[0] = (struct rf_path){sample_str(s, "/proc/sys")};
    s->read_only[1] = (struct rf_path){sample_str(s, "/proc/sysrq-trigger")};
    s->devices[0] = (struct rf_device){sample_str(s, "null"), 1, 3, 0666, 0};
    s->devices[1] = (struct rf_device){sample_str(s, "tty"), 5, 0, 0660, 0};
}

static void fill_resources(struct sample *s) {
    s->limits[0] = (struct rf_limit){
        sample_str(s, "memory.max"), sample_str(s, "2147483648"), RF_CTL_MEMORY, 2, RF_CMP_PAGES, 0, 1u << 31};
    s->limits[1] = (struct rf_limit){sample_str(s, "memory.swap.max"),
                                     sample_str(s, "max"),
                                     RF_CTL_MEMORY,
                                     2,
                                     RF_CMP_PAGES,
                                     RF_LIMIT_IF_SWAP,
                                     RF_UNLIMITED};
    s->limits[2] = (struct rf_limit){
        sample_str(s, "cpu.weight"), sample_str(s, "100"), RF_CTL_CPU, 2, RF_CMP_EXACT, RF_LIMIT_OPTIONAL, 0};
    s->limits[3] = (struct rf_limit){sample_str(s, "memory.memsw.limit_in_bytes"),
                                     sample_str(s, ""),
                                     RF_CTL_MEMORY,
                                     1,
                                     RF_CMP_PAGES,
                                     RF_LIMIT_IF_SWAP,
                                     1 << 20};
    s->io[0] = (struct rf_io){sample_text(s, NULL, 0, NULL), 200000000, RF_UNLIMITED, RF_UNLIMITED, 500};
    s->io[1] = (struct rf_io){sample_text(s, "/var", RF_NONE, NULL), RF_UNLIMITED, 1 << 20, 7, RF_UNLIMITED};
}

static void fill_process(struct sample *s) {
    s->process = (struct rf_process){sample_str(s, "/data"), 999, 998, RF_INIT_REAPER, 027, RF_PROCESS_SET_OOM, -500};
    s->args[0] = (struct rf_arg){sample_str(s, "/usr/bin/db")};
    s->args[1] = (struct rf_arg){sample_str(s, "-x")};
    s->args[2] = (struct rf_arg){sample_str(s, "")};
    s->args[3] = (struct rf_arg){sample_str(s, "")}; /* FILLS has it, as env[2] */
    s->env[2] = (struct rf_arg){sample_str(s, "")};
    s->env[0] = (struct rf_arg){sample_str(s, "PATH=/usr/bin:/bin")};
    s->env[1] = (struct rf_arg){sample_str(s, "EMPTY=")};
    s->pass_env[0] = (struct rf_pass_env){sample_str(s, "TZ"), RF_PASS_ENV_OPTIONAL, 0};
    s->pass_env[1] = (struct rf_pass_env){sample_str(s, "LANG"), 0, 0};
    s->groups[0] = (struct rf_group){27, 0};
    s->groups[1] = (struct rf_group){100, 0};
    s->rlimits[0] = (struct rf_rlimit){RLIMIT_NOFILE, 0, 1024, 4096};
    s->rlimits[1] = (struct rf_rlimit){RLIMIT_MEMLOCK, 0, 64 << 20, RF_UNLIMITED};
    s->confine = (struct rf_confine){.capabilities = 1u << 10 | 1u << 1, /* NET_BIND_SERVICE, DAC_OVERRIDE */
                                     .notify_socket = sample_text(s, "/run/notify-", INSTANCE, ".sock")};
    s->landlock = (struct rf_landlock){7, RF_LANDLOCK_BIND | RF_LANDLOCK_CONNECT, 3, 0};
    s->landlock_paths[0] = (struct rf_landlock_path){sample_str(s, "/data"), RF_LANDLOCK_READ | RF_LANDLOCK_WRITE, 0};
    s->landlock_paths[1] = (struct rf_landlock_path){sample_str(s, "/usr"), RF_LANDLOCK_EXECUTE, 0};
    s->landlock_ports[0] = (struct rf_landlock_port){0, RF_LANDLOCK_BIND};
    s->landlock_ports[1] = (struct rf_landlock_port){443, RF_LANDLOCK_CONNECT};
    s->attend = (struct rf_attend){5400000, 1500, RF_ATTEND_TERMINAL | RF_ATTEND_STOP, 0};
    static const uint32_t archs[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64, AUDIT_ARCH_RISCV64};
    for (uint32_t i = 0; i < 3; i++) {
        const struct rf_insn filter[7] = {
            {BPF_LD | BPF_W | BPF_ABS, 0, 0, 4},
            {BPF_JMP | BPF_JEQ | BPF_K, 0, 4, archs[i]},
            {BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
            {BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000},
            {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
            {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
            {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS},
        };
        memcpy(s->filters[i], filter, sizeof filter);
    }
    s->service = (struct rf_service){RF_SUPERVISED, RF_HAND_ON, RF_HAND_ON_IF_THERE, 0};
    s->keep_fds[0] = (struct rf_keep_fd){sample_str(s, "log"), 5, 0};
    s->keep_fds[1] = (struct rf_keep_fd){sample_str(s, "stores"), 63, 0};
    s->filters[2][4].k = SECCOMP_RET_USER_NOTIF; /* one machine's is enough to need the socket */
}

static void fill_tuning(struct sample *s) {
    s->tuning[0] = (struct rf_tuning){RF_TUNING_NICE, 0, -5};
    s->tuning[1] = (struct rf_tuning){RF_TUNING_SCHEDULER, 3, SCHED_RR};
    s->tuning[2] = (struct rf_tuning){RF_TUNING_NUMA, 0, MPOL_BIND};
    s->tuning[3] = (struct rf_tuning){RF_TUNING_KEEP_IGNORED, 0, 0x201}; /* HUP, USR1 */
    s->cpus[0] = (struct rf_bits){UINT64_C(0x800000000000010f)};
    s->cpus[1] = (struct rf_bits){2};
    s->nodes[0] = (struct rf_bits){1};
    s->domainname = (struct rf_domainname){sample_text(s, "d-", INSTANCE, NULL)};
    s->sysctls[0] = (struct rf_sysctl){sample_str(s, "/user/max_net_namespaces"), sample_str(s, "30")};
    s->sysctls[1] = (struct rf_sysctl){sample_str(s, "/user/max_pid_namespaces"), sample_str(s, "30")};
}

static void fill_fills(struct sample *s) {
    const struct rf_text memory = sample_text(s, NULL, MEMORY, NULL);
    s->fills[0] = (struct rf_fill){RF_MOUNTS, 1, memory};
    s->fills[1] = (struct rf_fill){RF_LIMITS, 3, memory};
    s->fills[2] = (struct rf_fill){RF_ARGS, 3, sample_text(s, "--listen=", ADDRESS, ":80")};
    s->fills[3] = (struct rf_fill){RF_ENV, 2, sample_text(s, "DATA=", DATA, NULL)};
}

static void fill_map(struct sample *s) {
    s->map_files[0] = (struct rf_map_file){.name = sample_str(s, "db.ringfence.yaml"), .sha256 = {1, 2, 3}};
    s->map_files[1] = (struct rf_map_file){.name = sample_str(s, "../org.base.yaml"), .sha256 = {4, 5, 6}};
    const struct rf_map_entry entries[8] = {
        {RF_MOUNTS, 2, 0, 31, 7, 0},
        {RF_FILTER_X86_64, RF_NONE, 1, 80, 12, SECCOMP_RET_ALLOW},
        {RF_ROOT, offsetof(struct rf_root, path), 0, 20, 9, 0},
        {RF_FILTER_X86_64, 165, 1, 81, 5, SECCOMP_RET_ALLOW},
        {RF_MOUNTS, 0, 0, 29, 7, 0},
        {RF_CONFINE, offsetof(struct rf_confine, capabilities), 1, 60, 15, 0},
        {RF_NAMESPACES, offsetof(struct rf_namespaces, hostname), 0, 18, 11, 0},
        {RF_LIMITS, 2, 1, 44, 3, 0},
    };
    memcpy(s->map_entries, entries, sizeof entries);
}

static void set(struct rf_plan *plan, uint32_t type, const void *records, uint32_t count) {
    plan->records[type] = records;
    plan->count[type] = count;
}
#define SET_ONE(type, member) set(&s->plan, RF_##type, &s->member, 1)
#define SET_ALL(type, member) set(&s->plan, RF_##type, s->member, sizeof s->member / sizeof s->member[0])

void sample_fill(struct sample *s) {
    fill_surroundings(s);
    fill_resources(s);
    fill_process(s);
    fill_tuning(s);
    fill_fills(s);
    fill_map(s);
    s->plan = (struct rf_plan){.required = RF_REQUIRE_MOUNT_SETATTR,
                               .language = 1,
                               .kernel = 6u << 16 | 18,
                               .pool = &s->pool,
                               .map_files = s->map_files,
                               .map_entries = s->map_entries,
                               .map_file_count = 2,
                               .map_entry_count = 8};
    SET_ALL(PARAMETERS, parameters);
    SET_ONE(NAMESPACES, namespaces);
    SET_ALL(JOINS, joins);
    SET_ALL(ID_MAPS, id_maps);
    SET_ONE(ROOT, root);
    SET_ALL(MOUNTS, mounts);
    SET_ALL(MASKS, masks);
    SET_ALL(READ_ONLY, read_only);
    SET_ALL(DEVICES, devices);
    SET_ALL(LIMITS, limits);
    SET_ALL(IO, io);
    SET_ONE(PROCESS, process);
    SET_ALL(ARGS, args);
    SET_ALL(ENV, env);
    SET_ALL(PASS_ENV, pass_env);
    SET_ALL(GROUPS, groups);
    SET_ALL(RLIMITS, rlimits);
    SET_ONE(CONFINE, confine);
    SET_ALL(FILTER_X86_64, filters[0]);
    SET_ALL(FILTER_AARCH64, filters[1]);
    SET_ALL(FILTER_RISCV64, filters[2]);
    SET_ONE(LANDLOCK, landlock);
    SET_ALL(LANDLOCK_PATHS, landlock_paths);
    SET_ALL(LANDLOCK_PORTS, landlock_ports);
    SET_ALL(TUNING, tuning);
    SET_ALL(CPUS, cpus);
    SET_ALL(NODES, nodes);
    SET_ONE(DOMAINNAME, domainname);
    SET_ALL(SYSCTLS, sysctls);
    SET_ONE(CGROUP, cgroup);
    SET_ALL(FILLS, fills);
    SET_ONE(SERVICE, service);
    SET_ALL(KEEP_FDS, keep_fds);
    SET_ONE(ATTEND, attend);
}

void sample_keep_root(struct sample *s) {
    s->namespaces.create &= ~(uint32_t)CLONE_NEWNS;
    s->root = (struct rf_root){sample_text(s, "/", RF_NONE, NULL), RF_ROOT_KEEP, RF_PROC_NONE, RF_SYS_NONE, 0};
    s->plan.count[RF_MOUNTS] = s->plan.count[RF_MASKS] = s->plan.count[RF_READ_ONLY] = s->plan.count[RF_DEVICES] = 0;
    s->plan.records[RF_FILLS] = s->fills + 1; /* the first one is a mount's */
    s->plan.count[RF_FILLS] = 3;
    s->attend.flags &= ~RF_ATTEND_TERMINAL;
    s->plan.map_file_count = s->plan.map_entry_count = 0; /* its entries speak of mounts */
}

void sample_sha256(const void *bytes, size_t n, uint8_t digest[32]) {
    SHA2_CTX sha;
    SHA256Init(&sha);
    SHA256Update(&sha, bytes, n);
    SHA256Final(digest, &sha);
}

enum rf_blob_error sample_build(const struct sample *s, struct bytes *out) {
    return rf_build(&s->plan, out->at, RF_BLOB_MAX, &out->length, sample_sha256);
}

void sample_bytes(struct bytes *out) {
    static struct sample s;
    memset(&s, 0, sizeof s);
    sample_fill(&s);
    assert_string_equal(rf_blob_error_text(sample_build(&s, out)), "no error");
}

void sample_sum(struct bytes *b) {
    struct rf_header *h = sample_header(b);
    uint32_t map = h->total_length - h->launch_length;
    h->map_crc = map > 0 ? rf_crc32c(0, b->at + h->launch_length, map) : 0;
    h->launch_crc = 0;
    h->launch_crc = rf_crc32c(0, b->at, h->launch_length);
}

struct rf_section *sample_section(struct bytes *b, uint32_t type) {
    struct rf_section *table = (struct rf_section *)(b->at + sizeof(struct rf_header));
    for (uint32_t i = 0; i < sample_header(b)->section_count; i++) {
        if (table[i].type == type) return &table[i];
    }
    fail_msg("the sample has no section %u", (unsigned)type);
    return NULL;
}

void *sample_record(struct bytes *b, uint32_t type, uint32_t i) {
    return b->at + sample_section(b, type)->offset + i * rf_layout_sections[type].size;
}
