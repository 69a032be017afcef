/* SPDX-License-Identifier: Apache-2.0 */
/* The sample in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "blob_sample.h"
#include "dump.h"
#include "reader.h"

struct told {
    uint32_t section, index;
    size_t count;
    size_t length;
    char text[200000];
};

static struct told told;

static void collect(void *ctx, uint32_t section, uint32_t index, const char *text) {
    struct told *t = ctx;
    assert_true(t->count == 0 || section > t->section || (section == t->section && index > t->index));
    t->section = section;
    t->index = index;
    t->count++;
    for (const char *c = text; *c; c++) assert_in_range(*c, ' ', '~');
    assert_null(strchr(text, '\n'));
    int n = snprintf(t->text + t->length, sizeof t->text - t->length, "%u %u %s\n", section, index, text);
    assert_true(n > 0 && (size_t)n < sizeof t->text - t->length);
    t->length += (size_t)n;
}

static const char expected[] =
    "0 8 format: 1.0\n"
    "0 24 needs beyond Linux 5.10: mount_setattr (Linux 5.12)\n"
    "0 32 policy language: 1\n"
    "0 36 calls known up to: v6.18\n"
    "2 0 parameter data: path of at most 4095 bytes, under /srv/volumes, required\n"
    "2 1 parameter instance: name of at most 32 bytes, default \"main\"\n"
    "2 2 parameter rootfs: path of at most 255 bytes, under /srv/images, default \"/srv/images/db\"\n"
    "2 3 parameter memory: number, within 4096..1073741824, default \"65536\"\n"
    "2 4 parameter address: IPv4 address with prefix length, within 10.66.0.0/16, required\n"
    "3 0 new namespaces: time, mount, uts, user, pid\n"
    "3 4 namespace options: clock offsets are set\n"
    "3 8 offset of CLOCK_BOOTTIME: 5 s\n"
    "3 16 offset of CLOCK_MONOTONIC: -3 s\n"
    "3 24 host name: \"db-$(instance)\"\n"
    "4 0 join the network namespace of /run/netns/shop\n"
    "4 1 join the ipc namespace of /proc/1/ns/ipc\n"
    "5 0 uid map: 0 inside is 100000 outside, 65536 ids\n"
    "5 1 gid map: 0 inside is 100000 outside, 65536 ids\n"
    "6 0 root: \"$(rootfs)\"\n"
    "6 24 root mount: read-only\n"
    "6 28 /proc: full\n"
    "6 32 /sys: read-only\n"
    "7 0 mount /data: bind from \"$(data)/x\", writable, recursive\n"
    "7 1 mount /dev/shm: tmpfs of \"$(memory)\" bytes, writable, mode 1777, owner 999:999\n"
    "7 2 mount /etc/shop: bind from \"/etc/shop\", read-only\n"
    "7 3 mount /etc/shop/instance: bind from \"/etc/shop-$(instance).d\", read-only, recursive\n"
    "8 0 mask /proc/kcore\n"
    "8 1 mask /sys/firmware\n"
    "9 0 read-only /proc/sys\n"
    "9 1 read-only /proc/sysrq-trigger\n"
    "10 0 device null: character 1:3, mode 0666\n"
    "10 1 device tty: character 5:0, mode 0660\n"
    "11 0 limit memory.max = \"2147483648\" (2 GiB), cgroup v2 memory\n"
    "11 1 limit memory.swap.max = \"max\" (unlimited), cgroup v2 memory, where there is swap\n"
    "11 2 limit cpu.weight = \"100\", cgroup v2 cpu, optional\n"
    "11 3 limit memory.memsw.limit_in_bytes = \"$(memory)\" + 1048576, cgroup v1 memory, where there is swap\n"
    "12 0 io on \"$(data)\": read 200 MB/s, write 500 operations/s\n"
    "12 1 io on \"/var\": write 1 MiB/s, read 7 operations/s\n"
    "13 0 working directory: /data\n"
    "13 8 uid: 999\n"
    "13 12 gid: 998\n"
    "13 16 init: reaper\n"
    "13 20 umask: 0027\n"
    "13 24 process options: oom_score_adj is set\n"
    "13 28 oom_score_adj: -500\n"
    "14 0 argument 0: \"/usr/bin/db\"\n"
    "14 1 argument 1: \"-x\"\n"
    "14 2 argument 2: \"\"\n"
    "14 3 argument 3: \"--listen=$(address):80\"\n"
    "15 0 environment: \"PATH=/usr/bin:/bin\"\n"
    "15 1 environment: \"EMPTY=\"\n"
    "15 2 environment: \"DATA=$(data)\"\n"
    "16 0 environment: TZ from the launcher, optional\n"
    "16 1 environment: LANG from the launcher\n"
    "17 0 supplementary group 27\n"
    "17 1 supplementary group 100\n"
    "18 0 RLIMIT_NOFILE: soft 1024, hard 4096\n"
    "18 1 RLIMIT_MEMLOCK: soft 64 MiB, hard unlimited\n"
    "19 0 capabilities: CAP_DAC_OVERRIDE, CAP_NET_BIND_SERVICE\n"
    "19 8 seccomp: filter\n"
    "19 16 notifications: \"/run/notify-$(instance).sock\"\n"
    "20 4294967295 filter for x86_64: 7 instructions\n"
    "21 4294967295 filter for aarch64: 7 instructions\n"
    "22 4294967295 filter for riscv64: 7 instructions\n"
    "23 0 needs Landlock ABI 7 (Linux 6.15)\n"
    "23 4 TCP with listed ports only: connect, bind\n"
    "23 8 refused beyond the payload: abstract unix sockets, signals\n"
    "24 0 /data: read, write\n"
    "24 1 /usr: execute\n"
    "25 0 TCP port 0: bind\n"
    "25 1 TCP port 443: connect\n"
    "26 0 nice: -5\n"
    "26 1 scheduler: rr(3)\n"
    "26 2 memory policy: bind\n"
    "26 3 signals that stay ignored: HUP, USR1\n"
    "27 0 processors 0-3,8,63\n"
    "27 1 processors 65\n"
    "28 0 memory nodes 0\n"
    "29 0 domain name: \"d-$(instance)\"\n"
    "30 0 sysctl /user/max_net_namespaces = \"30\"\n"
    "30 1 sysctl /user/max_pid_namespaces = \"30\"\n"
    "31 0 cgroup: \"db-$(instance).x\"\n"
    "33 0 supervision: supervised\n"
    "33 4 listening descriptors: handed on\n"
    "33 8 socket of the service manager: handed on, optional\n"
    "34 0 descriptor 5: log\n"
    "34 1 descriptor 63: stores\n"
    "35 0 time limit: 90 min\n"
    "35 8 SIGTERM becomes SIGKILL after: 1500 ms\n"
    "35 16 attendance: a pseudo-terminal of its own, after any SIGTERM that is passed on\n";

static void dump(const struct sample *s) {
    static struct bytes out;
    struct rf_view v;
    assert_int_equal(sample_build(s, &out), RF_BLOB_OK);
    assert_int_equal(rf_view_open(&v, out.at, out.length), RF_BLOB_OK);
    memset(&told, 0, sizeof told);
    rf_dump(&v, collect, &told);
}

static struct sample s;

static int setup(void **state) {
    (void)state;
    memset(&s, 0, sizeof s);
    sample_fill(&s);
    s.plan.map_file_count = s.plan.map_entry_count = 0;
    return 0;
}

/* Line by line, without the header's lengths and identity. */
static void tells_every_record(void **state) {
    (void)state;
    dump(&s);
    const char *want = expected;
    size_t special = 0;
    for (char *line = strtok(told.text, "\n"); line; line = strtok(NULL, "\n")) {
        if (strncmp(line, "0 12 length: ", 13) == 0 || strncmp(line, "0 16 read at launch: ", 21) == 0 ||
            (strncmp(line, "0 48 identity: ", 15) == 0 && strlen(line) == 15 + 64)) {
            special++;
            continue;
        }
        char one[256];
        assert_true(sscanf(want, "%255[^\n]", one) == 1);
        assert_string_equal(line, one);
        want += strlen(one) + 1;
    }
    assert_string_equal(want, "");
    assert_int_equal(special, 3);
}

/* A field added to a one-record section must get its words. */
static void tells_every_field(void **state) {
    (void)state;
    dump(&s);
    static const uint32_t types[] = {RF_NAMESPACES, RF_ROOT, RF_PROCESS, RF_CONFINE, RF_LANDLOCK};
    for (size_t i = 0; i < 5; i++) {
        for (uint32_t f = rf_layout_sections[types[i]].first; f < rf_layout_sections[types[i] + 1].first; f++) {
            char start[32];
            if (rf_layout_fields[f].kind == RF_KIND_ZERO) continue;
            snprintf(start, sizeof start, "\n%u %u ", types[i], (unsigned)rf_layout_fields[f].offset);
            if (!strstr(told.text, start)) fail_msg("no words for %s", start + 1);
        }
    }
}

static void assert_told(const char *line) {
    if (!strstr(told.text, line)) fail_msg("not told: %s", line);
}

static void tells_the_other_values(void **state) {
    (void)state;
    sample_keep_root(&s);
    s.plan.required = 0;
    s.namespaces.flags = RF_NS_MAP_SELF;
    s.namespaces.boottime = s.namespaces.monotonic = 0;
    s.namespaces.hostname = RF_TEXT_ABSENT;
    s.plan.count[RF_ID_MAPS] = 0;
    s.process.flags = 0;
    s.process.oom_score_adj = 0;
    s.process.init = RF_INIT_NONE;
    s.confine = (struct rf_confine){UINT64_C(1) << 63 | UINT64_C(1) << 40, RF_CONFINE_NO_FILTER, 0, RF_TEXT_ABSENT};
    s.plan.count[RF_FILTER_X86_64] = s.plan.count[RF_FILTER_AARCH64] = s.plan.count[RF_FILTER_RISCV64] = 0;
    s.landlock = (struct rf_landlock){1, 0, 0, 0};
    s.plan.count[RF_LANDLOCK_PORTS] = 0;
    s.io[0].rbps = 1537;
    s.io[0].wiops = RF_UNLIMITED;
    s.io[1].wbps = s.io[1].riops = RF_UNLIMITED;
    s.limits[0].value = 0;
    s.attend = (struct rf_attend){0, 0, RF_ATTEND_STOP, 0};
    dump(&s);
    assert_told("0 24 needs beyond Linux 5.10: none\n");
    assert_told("3 4 namespace options: the process's ids map to the launcher's\n");
    assert_told("3 24 host name: left as it is\n");
    assert_told("6 24 root mount: kept, nothing is mounted\n");
    assert_told("6 28 /proc: none\n");
    assert_told("6 32 /sys: none\n");
    assert_told("= \"2147483648\" (0 B), ");
    assert_told("io on \"$(data)\": read 1537 B/s\n");
    assert_told("io on \"/var\": not limited\n");
    assert_told("13 16 init: none\n");
    assert_told("13 24 process options: none\n");
    assert_told("13 28 oom_score_adj: left as it is\n");
    assert_told("19 0 capabilities: CAP_CHECKPOINT_RESTORE, capability 63\n");
    assert_told("19 8 seccomp: none\n");
    assert_told("19 16 notifications: none\n");
    assert_told("23 4 TCP: not restricted\n");
    assert_told("23 8 refused beyond the payload: none\n");
    assert_told("35 0 time limit: none\n");
    assert_told("35 8 SIGTERM becomes SIGKILL after: 0 ms\n");
    assert_told("35 16 attendance: after any SIGTERM that is passed on\n");
    assert_null(strstr(told.text, "instructions"));
}

static void tells_every_attribute(void **state) {
    (void)state;
    static const struct {
        struct rf_tuning tuning;
        const char *words;
    } others[] = {
        {{RF_TUNING_IO_PRIORITY, 0, 0x2000}, "io priority: realtime(0)"},
        {{RF_TUNING_IO_PRIORITY, 0, 0x4007}, "io priority: best-effort(7)"},
        {{RF_TUNING_IO_PRIORITY, 0, 0x6000}, "io priority: idle"},
        {{RF_TUNING_SCHEDULER, 0, 0}, "scheduler: other"},
        {{RF_TUNING_SCHEDULER, 99, 1}, "scheduler: fifo(99)"},
        {{RF_TUNING_SCHEDULER, 0, 3}, "scheduler: batch"},
        {{RF_TUNING_SCHEDULER, 0, 5}, "scheduler: idle"},
        {{RF_TUNING_PERSONALITY, 0, 0}, "personality: linux"},
        {{RF_TUNING_PERSONALITY, 0, 8}, "personality: linux32"},
        {{RF_TUNING_TIMER_SLACK, 0, 50000}, "timer slack: 50000 ns"},
        {{RF_TUNING_MDWE, 0, 1}, "memory that was writable is never executable"},
        {{RF_TUNING_STORE_BYPASS, 0, 4}, "speculative store bypass: disabled"},
        {{RF_TUNING_INDIRECT_BRANCH, 0, 8}, "indirect branch speculation: disabled for good"},
        {{RF_TUNING_L1D_FLUSH, 0, 2}, "L1D cache flushed when it is left"},
        {{RF_TUNING_NUMA, 0, 4}, "memory policy: local"},
        {{RF_TUNING_SECUREBITS, 0, 0x45}, "further securebits, locked: noroot, no_setuid_fixup, no_cap_ambient_raise"},
        {{RF_TUNING_KEEP_IGNORED, 0, 0x7fffffff}, "signals that stay ignored: HUP, INT, QUIT, ILL, TRAP, ABRT, BUS, "},
        {{RF_TUNING_KEEP_IGNORED, 0, 0x7e000000}, "signals that stay ignored: VTALRM, PROF, WINCH, IO, PWR, SYS"},
    };
    s.plan.required |= RF_REQUIRE_MDWE;
    s.plan.count[RF_TUNING] = 1;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        s.tuning[0] = others[i].tuning;
        s.plan.count[RF_NODES] = s.tuning[0].kind == RF_TUNING_NUMA;
        dump(&s);
        assert_told(others[i].words);
    }
    assert_told("0 24 needs beyond Linux 5.10: mount_setattr (Linux 5.12), PR_SET_MDWE (Linux 6.3)\n");
}

/* A blob's strings reach a terminal: no byte of them may be one that it obeys, or end the word early. */
static void escapes_what_is_not_plain(void **state) {
    (void)state;
    s.args[0].text = sample_str(&s, "a\"\\\x1b[31m\n\x7f\xc3\xa9");
    s.masks[0].path = sample_str(&s, "/a: b");
    s.masks[1].path = sample_str(&s, "/\x9b");
    dump(&s);
    assert_told("argument 0: \"a\\\"\\\\\\x1b[31m\\x0a\\x7f\\xc3\\xa9\"\n");
    assert_told("mask \"/a: b\"\n");
    assert_told("mask \"/\\x9b\"\n");
    static char longest[RF_STRING_MAX + 1];
    memset(longest, '\x01', sizeof longest - 1);
    longest[0] = '/';
    s.parameters[0] = (struct rf_parameter){
        rf_pool_add(&s.pool, longest + 1, sizeof longest - 2), rf_pool_add(&s.pool, longest, sizeof longest - 1),
        rf_pool_add(&s.pool, longest, sizeof longest - 1), RF_PARAM_PATH, RF_STRING_MAX};
    dump(&s);
    assert_told("\\x01\"\n2 1 ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tells_every_record, setup),        cmocka_unit_test_setup(tells_every_field, setup),
        cmocka_unit_test_setup(tells_every_attribute, setup),     cmocka_unit_test_setup(tells_the_other_values, setup),
        cmocka_unit_test_setup(escapes_what_is_not_plain, setup),
    };
    return cmocka_run_group_tests_name("blob dump", tests, NULL, NULL);
}
