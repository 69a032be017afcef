/* SPDX-License-Identifier: Apache-2.0 */
/* The header and the sections of one record, field by field, and the walk over all. */
#include "dump.h"

#include <inttypes.h>

#include "words.h"

static const char *const capabilities[] = {"CAP_CHOWN",
                                           "CAP_DAC_OVERRIDE",
                                           "CAP_DAC_READ_SEARCH",
                                           "CAP_FOWNER",
                                           "CAP_FSETID",
                                           "CAP_KILL",
                                           "CAP_SETGID",
                                           "CAP_SETUID",
                                           "CAP_SETPCAP",
                                           "CAP_LINUX_IMMUTABLE",
                                           "CAP_NET_BIND_SERVICE",
                                           "CAP_NET_BROADCAST",
                                           "CAP_NET_ADMIN",
                                           "CAP_NET_RAW",
                                           "CAP_IPC_LOCK",
                                           "CAP_IPC_OWNER",
                                           "CAP_SYS_MODULE",
                                           "CAP_SYS_RAWIO",
                                           "CAP_SYS_CHROOT",
                                           "CAP_SYS_PTRACE",
                                           "CAP_SYS_PACCT",
                                           "CAP_SYS_ADMIN",
                                           "CAP_SYS_BOOT",
                                           "CAP_SYS_NICE",
                                           "CAP_SYS_RESOURCE",
                                           "CAP_SYS_TIME",
                                           "CAP_SYS_TTY_CONFIG",
                                           "CAP_MKNOD",
                                           "CAP_LEASE",
                                           "CAP_AUDIT_WRITE",
                                           "CAP_AUDIT_CONTROL",
                                           "CAP_SETFCAP",
                                           "CAP_MAC_OVERRIDE",
                                           "CAP_MAC_ADMIN",
                                           "CAP_SYSLOG",
                                           "CAP_WAKE_ALARM",
                                           "CAP_BLOCK_SUSPEND",
                                           "CAP_AUDIT_READ",
                                           "CAP_PERFMON",
                                           "CAP_BPF",
                                           "CAP_CHECKPOINT_RESTORE"};

/* Fields of the sections of one record. */

#define NAMESPACES(v) RF_RECORD(v, NAMESPACES, struct rf_namespaces, 0)
#define ROOT(v)       RF_RECORD(v, ROOT, struct rf_root, 0)
#define PROCESS(v)    RF_RECORD(v, PROCESS, struct rf_process, 0)
#define CONFINE(v)    RF_RECORD(v, CONFINE, struct rf_confine, 0)
#define LANDLOCK(v)   RF_RECORD(v, LANDLOCK, struct rf_landlock, 0)
#define SERVICE(v)    RF_RECORD(v, SERVICE, struct rf_service, 0)
#define ATTEND(v)     RF_RECORD(v, ATTEND, struct rf_attend, 0)

static void say_create(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "new namespaces: ");
    SAY_BITS(w, NAMESPACES(v)->create, rf_words_namespaces);
}

static void say_ns_flags(struct rf_words *w, const struct rf_view *v) {
    static const struct rf_bit bits[] = {{RF_NS_SET_TIME, "clock offsets are set"},
                                         {RF_NS_MAP_SELF, "the process's ids map to the launcher's"}};
    rf_words_say(w, "namespace options: ");
    SAY_BITS(w, NAMESPACES(v)->flags, bits);
}

static void say_boottime(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "offset of CLOCK_BOOTTIME: %" PRId64 " s", NAMESPACES(v)->boottime);
}

static void say_monotonic(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "offset of CLOCK_MONOTONIC: %" PRId64 " s", NAMESPACES(v)->monotonic);
}

static void say_hostname(struct rf_words *w, const struct rf_view *v) {
    const struct rf_text *t = &NAMESPACES(v)->hostname;
    rf_words_say(w, "host name: ");
    if (rf_text_absent(t->prefix) && t->parameter == RF_NONE)
        rf_words_say(w, "left as it is");
    else
        rf_words_text(w, v, t);
}

static void say_root_path(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "root: ");
    rf_words_text(w, v, &ROOT(v)->path);
}

static void say_root_flags(struct rf_words *w, const struct rf_view *v) {
    if (ROOT(v)->flags & RF_ROOT_KEEP)
        rf_words_say(w, "root mount: kept, nothing is mounted");
    else
        rf_words_say(w, "root mount: %s", ROOT(v)->flags & RF_ROOT_WRITABLE ? "writable" : "read-only");
}

static void say_root_proc(struct rf_words *w, const struct rf_view *v) {
    static const char *const words[] = {"none", "full", "pids only"};
    static const char *const hidden[] = {"", ", of others no content", ", others not seen",
                                         ", only what may be traced"};
    rf_words_say(w, "/proc: %s%s", words[ROOT(v)->proc], hidden[RF_HIDEPID(ROOT(v)->flags)]);
}

static void say_root_sys(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "/sys: %s", ROOT(v)->sys == RF_SYS_READ_ONLY ? "read-only" : "none");
}

static void say_cwd(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "working directory: ");
    rf_words_word(w, v, PROCESS(v)->cwd);
}

static void say_uid(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "uid: %" PRIu32, PROCESS(v)->uid);
}
static void say_gid(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "gid: %" PRIu32, PROCESS(v)->gid);
}

static void say_init(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "init: %s", PROCESS(v)->init == RF_INIT_REAPER ? "reaper" : "none");
}

static void say_umask(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "umask: %04" PRIo32, PROCESS(v)->umask);
}

static void say_process_flags(struct rf_words *w, const struct rf_view *v) {
    static const struct rf_bit bits[] = {{RF_PROCESS_SET_OOM, "oom_score_adj is set"},
                                         {RF_PROCESS_OOM_OPTIONAL, "it may fail to be"}};
    rf_words_say(w, "process options: ");
    SAY_BITS(w, PROCESS(v)->flags, bits);
}

static void say_oom(struct rf_words *w, const struct rf_view *v) {
    if (PROCESS(v)->flags & RF_PROCESS_SET_OOM)
        rf_words_say(w, "oom_score_adj: %" PRId32, PROCESS(v)->oom_score_adj);
    else
        rf_words_say(w, "oom_score_adj: left as it is");
}

static void say_capabilities(struct rf_words *w, const struct rf_view *v) {
    const char *between = "";
    rf_words_say(w, "capabilities: ");
    for (unsigned i = 0; i < 64; i++) {
        if (!(CONFINE(v)->capabilities >> i & 1)) continue;
        if (i < sizeof capabilities / sizeof capabilities[0])
            rf_words_say(w, "%s%s", between, capabilities[i]);
        else
            rf_words_say(w, "%scapability %u", between, i);
        between = ", ";
    }
    if (!*between) rf_words_say(w, "none");
}

static void say_confine_flags(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "seccomp: %s", CONFINE(v)->flags & RF_CONFINE_NO_FILTER ? "none" : "filter");
}

static void say_notify_socket(struct rf_words *w, const struct rf_view *v) {
    const struct rf_text *t = &CONFINE(v)->notify_socket;
    rf_words_say(w, "notifications: ");
    if (rf_text_absent(t->prefix) && t->parameter == RF_NONE)
        rf_words_say(w, "none");
    else
        rf_words_text(w, v, t);
}

static void say_landlock_abi(struct rf_words *w, const struct rf_view *v) {
    static const char *const since[] = {"5.13", "5.19", "6.2", "6.7", "6.10", "6.12", "6.15", "7.0", "7.1", "7.2"};
    const uint32_t abi = LANDLOCK(v)->abi;
    rf_words_say(w, "needs Landlock ABI %" PRIu32 " (Linux %s)", abi, since[abi - 1]);
}

static void say_landlock_ports(struct rf_words *w, const struct rf_view *v) {
    static const struct rf_bit bits[] = {{RF_LANDLOCK_CONNECT, "connect"}, {RF_LANDLOCK_BIND, "bind"}};
    if (LANDLOCK(v)->ports == 0) {
        rf_words_say(w, "TCP: not restricted");
        return;
    }
    rf_words_say(w, "TCP with listed ports only: ");
    SAY_BITS(w, LANDLOCK(v)->ports, bits);
}

static void say_landlock_scope(struct rf_words *w, const struct rf_view *v) {
    static const struct rf_bit bits[] = {{1, "abstract unix sockets"}, {2, "signals"}};
    rf_words_say(w, "refused beyond the payload: ");
    SAY_BITS(w, LANDLOCK(v)->scope, bits);
}

static void say_cgroup(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "cgroup: ");
    rf_words_text(w, v, &RF_RECORD(v, CGROUP, struct rf_cgroup, 0)->name);
}

static void say_supervision(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "supervision: %s", SERVICE(v)->supervision == RF_SAME_PROCESS ? "same" : "supervised");
}

static void say_hand_on(struct rf_words *w, const char *what, uint32_t how) {
    static const char *const words[] = {"no", "handed on", "handed on, optional"};
    rf_words_say(w, "%s: %s", what, words[how]);
}
static void say_listen_fds(struct rf_words *w, const struct rf_view *v) {
    say_hand_on(w, "listening descriptors", SERVICE(v)->listen_fds);
}
static void say_notify(struct rf_words *w, const struct rf_view *v) {
    say_hand_on(w, "socket of the service manager", SERVICE(v)->notify_socket);
}

static void say_time_limit(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "time limit: ");
    if (ATTEND(v)->time_limit == 0)
        rf_words_say(w, "none");
    else
        rf_words_size(w, ATTEND(v)->time_limit, rf_words_times);
}

static void say_stop_timeout(struct rf_words *w, const struct rf_view *v) {
    rf_words_say(w, "SIGTERM becomes SIGKILL after: ");
    rf_words_size(w, ATTEND(v)->stop_timeout, rf_words_times);
}

static void say_attend_flags(struct rf_words *w, const struct rf_view *v) {
    static const struct rf_bit bits[] = {{RF_ATTEND_TERMINAL, "a pseudo-terminal of its own"},
                                         {RF_ATTEND_STOP, "after any SIGTERM that is passed on"}};
    rf_words_say(w, "attendance: ");
    SAY_BITS(w, ATTEND(v)->flags, bits);
}

struct field_words {
    uint32_t section;
    uint32_t offset;
    void (*say)(struct rf_words *w, const struct rf_view *v);
};

static const struct field_words field_words[] = {
    {RF_NAMESPACES, offsetof(struct rf_namespaces, create), say_create},
    {RF_NAMESPACES, offsetof(struct rf_namespaces, flags), say_ns_flags},
    {RF_NAMESPACES, offsetof(struct rf_namespaces, boottime), say_boottime},
    {RF_NAMESPACES, offsetof(struct rf_namespaces, monotonic), say_monotonic},
    {RF_NAMESPACES, offsetof(struct rf_namespaces, hostname), say_hostname},
    {RF_ROOT, offsetof(struct rf_root, path), say_root_path},
    {RF_ROOT, offsetof(struct rf_root, flags), say_root_flags},
    {RF_ROOT, offsetof(struct rf_root, proc), say_root_proc},
    {RF_ROOT, offsetof(struct rf_root, sys), say_root_sys},
    {RF_PROCESS, offsetof(struct rf_process, cwd), say_cwd},
    {RF_PROCESS, offsetof(struct rf_process, uid), say_uid},
    {RF_PROCESS, offsetof(struct rf_process, gid), say_gid},
    {RF_PROCESS, offsetof(struct rf_process, init), say_init},
    {RF_PROCESS, offsetof(struct rf_process, umask), say_umask},
    {RF_PROCESS, offsetof(struct rf_process, flags), say_process_flags},
    {RF_PROCESS, offsetof(struct rf_process, oom_score_adj), say_oom},
    {RF_CONFINE, offsetof(struct rf_confine, capabilities), say_capabilities},
    {RF_CONFINE, offsetof(struct rf_confine, flags), say_confine_flags},
    {RF_CONFINE, offsetof(struct rf_confine, notify_socket), say_notify_socket},
    {RF_LANDLOCK, offsetof(struct rf_landlock, abi), say_landlock_abi},
    {RF_LANDLOCK, offsetof(struct rf_landlock, ports), say_landlock_ports},
    {RF_LANDLOCK, offsetof(struct rf_landlock, scope), say_landlock_scope},
    {RF_CGROUP, offsetof(struct rf_cgroup, name), say_cgroup},
    {RF_SERVICE, offsetof(struct rf_service, supervision), say_supervision},
    {RF_SERVICE, offsetof(struct rf_service, listen_fds), say_listen_fds},
    {RF_SERVICE, offsetof(struct rf_service, notify_socket), say_notify},
    {RF_ATTEND, offsetof(struct rf_attend, time_limit), say_time_limit},
    {RF_ATTEND, offsetof(struct rf_attend, stop_timeout), say_stop_timeout},
    {RF_ATTEND, offsetof(struct rf_attend, flags), say_attend_flags},
};

typedef void line_function(void *ctx, uint32_t section, uint32_t index, const char *text);

static void dump_header(const struct rf_view *v, struct rf_words *w, line_function *line, void *ctx) {
#define LINE(member, ...)                                                                                              \
    (w->used = 0, rf_words_say(w, __VA_ARGS__), line(ctx, 0, offsetof(struct rf_header, member), w->text))
    static const struct rf_bit features[] = {{RF_REQUIRE_MOUNT_SETATTR, "mount_setattr (Linux 5.12)"},
                                             {RF_REQUIRE_MDWE, "PR_SET_MDWE (Linux 6.3)"}};
    const struct rf_header *h = v->header;
    LINE(major, "format: %u.%u", (unsigned)h->major, (unsigned)h->minor);
    LINE(total_length, "length: %" PRIu32 " bytes", h->total_length);
    LINE(launch_length, "read at launch: %" PRIu32 " bytes", h->launch_length);
    w->used = 0;
    rf_words_say(w, "needs beyond Linux 5.10: ");
    SAY_BITS(w, h->required, features);
    line(ctx, 0, offsetof(struct rf_header, required), w->text);
    LINE(language, "policy language: %" PRIu32, h->language);
    LINE(kernel, "calls known up to: v%" PRIu32 ".%" PRIu32, h->kernel >> 16, h->kernel & 0xffff);
    w->used = 0;
    rf_words_say(w, "identity: ");
    for (size_t i = 0; i < sizeof h->identity; i++) rf_words_say(w, "%02x", h->identity[i]);
    line(ctx, 0, offsetof(struct rf_header, identity), w->text);
#undef LINE
}

void rf_dump(const struct rf_view *view, line_function *line, void *ctx) {
    static const char *const machines[] = {"x86_64", "aarch64", "riscv64"};
    struct rf_words w = {0};
    size_t field = 0;
    dump_header(view, &w, line, ctx);
    for (uint32_t type = RF_STRINGS + 1; type < RF_SECTION_END; type++) {
        for (; field < sizeof field_words / sizeof field_words[0] && field_words[field].section == type; field++) {
            if (view->count[type] == 0) continue;
            w.used = 0;
            field_words[field].say(&w, view);
            line(ctx, type, field_words[field].offset, w.text);
        }
        for (uint32_t i = 0; rf_dump_records[type] && i < view->count[type]; i++) {
            w.used = 0;
            rf_dump_records[type](&w, view, i);
            line(ctx, type, i, w.text);
        }
        if (!RF_IS_FILTER(type) || view->count[type] == 0) continue;
        w.used = 0;
        rf_words_say(&w, "filter for %s: %" PRIu32 " instructions", machines[type - RF_FILTER_X86_64],
                     view->count[type]);
        line(ctx, type, RF_NONE, w.text);
    }
}
