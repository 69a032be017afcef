/* SPDX-License-Identifier: Apache-2.0 */
#include "dump.h"

#include <inttypes.h>
#include <linux/sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reader.h"

/* One line.  The longest has five strings of a record, every byte of them escaped in four characters. */
struct words {
    size_t used;
    char text[5 * 4 * (RF_STRING_MAX + 1) + 1024];
};

static void say(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct words *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(w->text + w->used, sizeof w->text - w->used, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < sizeof w->text - w->used) w->used += (size_t)n;
}

/* Only printable ASCII leaves: a terminal obeys other bytes. */
static void say_bytes(struct words *w, const char *text, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c > 0x7e)
            say(w, "\\x%02x", c);
        else
            say(w, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
}

static void say_quoted(struct words *w, const struct rf_view *v, struct rf_str s) {
    say(w, "\"");
    say_bytes(w, rf_view_string(v, s), s.length);
    say(w, "\"");
}

/* Quoted only where the end would not be seen otherwise. */
static void say_word(struct words *w, const struct rf_view *v, struct rf_str s) {
    const char *text = rf_view_string(v, s);
    for (uint32_t i = 0; i < s.length; i++) {
        if (text[i] <= ' ' || strchr("\"\\,:\x7f", text[i])) {
            say_quoted(w, v, s);
            return;
        }
    }
    say(w, "%s", text);
}

static void say_text(struct words *w, const struct rf_view *v, const struct rf_text *t) {
    say(w, "\"");
    if (!rf_text_absent(t->prefix)) say_bytes(w, rf_view_string(v, t->prefix), t->prefix.length);
    if (t->parameter != RF_NONE) {
        struct rf_str name = RF_RECORD(v, PARAMETERS, struct rf_parameter, t->parameter)->name;
        say(w, "$(");
        say_bytes(w, rf_view_string(v, name), name.length);
        say(w, ")");
    }
    if (!rf_text_absent(t->suffix)) say_bytes(w, rf_view_string(v, t->suffix), t->suffix.length);
    say(w, "\"");
}

struct unit {
    uint64_t value;
    const char *name;
};

/* In the largest unit that gives a whole number. */
static void say_size(struct words *w, uint64_t n, const struct unit *units) {
    for (; units->value > 1 && (n == 0 || n % units->value != 0); units++) {
    }
    say(w, "%" PRIu64 " %s", n / units->value, units->name);
}

static const struct unit sizes[] = {{UINT64_C(1) << 40, "TiB"}, {1u << 30, "GiB"}, {1u << 20, "MiB"}, {1u << 10, "KiB"},
                                    {1000000000, "GB"},         {1000000, "MB"},   {1, "B"}};
static const struct unit rates[] = {{1000000000, "GB/s"}, {1u << 30, "GiB/s"}, {1000000, "MB/s"}, {1u << 20, "MiB/s"},
                                    {1000, "kB/s"},       {1u << 10, "KiB/s"}, {1, "B/s"}};

struct bit {
    uint64_t mask;
    const char *name;
};

static void say_bits(struct words *w, uint64_t value, const struct bit *bits, size_t count) {
    const char *between = "";
    for (size_t i = 0; i < count; i++) {
        if (!(value & bits[i].mask)) continue;
        say(w, "%s%s", between, bits[i].name);
        between = ", ";
    }
    if (!*between) say(w, "none");
}
#define SAY_BITS(w, value, bits) say_bits(w, value, bits, sizeof(bits) / sizeof(bits)[0])

static const struct bit namespaces[] = {{CLONE_NEWTIME, "CLONE_NEWTIME"},     {CLONE_NEWNS, "CLONE_NEWNS"},
                                        {CLONE_NEWCGROUP, "CLONE_NEWCGROUP"}, {CLONE_NEWUTS, "CLONE_NEWUTS"},
                                        {CLONE_NEWIPC, "CLONE_NEWIPC"},       {CLONE_NEWUSER, "CLONE_NEWUSER"},
                                        {CLONE_NEWPID, "CLONE_NEWPID"},       {CLONE_NEWNET, "CLONE_NEWNET"}};

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

static const char *const rlimits[16] = {"RLIMIT_CPU",      "RLIMIT_FSIZE", "RLIMIT_DATA",   "RLIMIT_STACK",
                                        "RLIMIT_CORE",     "RLIMIT_RSS",   "RLIMIT_NPROC",  "RLIMIT_NOFILE",
                                        "RLIMIT_MEMLOCK",  "RLIMIT_AS",    "RLIMIT_LOCKS",  "RLIMIT_SIGPENDING",
                                        "RLIMIT_MSGQUEUE", "RLIMIT_NICE",  "RLIMIT_RTPRIO", "RLIMIT_RTTIME"};
#define RLIMITS_OF_BYTES 0x133eu /* FSIZE DATA STACK CORE RSS MEMLOCK AS MSGQUEUE */

/* Fields of the sections of one record. */

#define NAMESPACES(v) RF_RECORD(v, NAMESPACES, struct rf_namespaces, 0)
#define ROOT(v)       RF_RECORD(v, ROOT, struct rf_root, 0)
#define PROCESS(v)    RF_RECORD(v, PROCESS, struct rf_process, 0)
#define CONFINE(v)    RF_RECORD(v, CONFINE, struct rf_confine, 0)

static void say_create(struct words *w, const struct rf_view *v) {
    say(w, "new namespaces: ");
    SAY_BITS(w, NAMESPACES(v)->create, namespaces);
}

static void say_ns_flags(struct words *w, const struct rf_view *v) {
    static const struct bit bits[] = {{RF_NS_SET_TIME, "clock offsets are set"},
                                      {RF_NS_MAP_SELF, "the process's ids map to the launcher's"}};
    say(w, "namespace options: ");
    SAY_BITS(w, NAMESPACES(v)->flags, bits);
}

static void say_boottime(struct words *w, const struct rf_view *v) {
    say(w, "offset of CLOCK_BOOTTIME: %" PRId64 " s", NAMESPACES(v)->boottime);
}

static void say_monotonic(struct words *w, const struct rf_view *v) {
    say(w, "offset of CLOCK_MONOTONIC: %" PRId64 " s", NAMESPACES(v)->monotonic);
}

static void say_hostname(struct words *w, const struct rf_view *v) {
    const struct rf_text *t = &NAMESPACES(v)->hostname;
    say(w, "host name: ");
    if (rf_text_absent(t->prefix) && t->parameter == RF_NONE)
        say(w, "left as it is");
    else
        say_text(w, v, t);
}

static void say_root_path(struct words *w, const struct rf_view *v) {
    say(w, "root: ");
    say_text(w, v, &ROOT(v)->path);
}

static void say_root_flags(struct words *w, const struct rf_view *v) {
    if (ROOT(v)->flags & RF_ROOT_KEEP)
        say(w, "root mount: kept, nothing is mounted");
    else
        say(w, "root mount: %s", ROOT(v)->flags & RF_ROOT_WRITABLE ? "writable" : "read-only");
}

static void say_root_proc(struct words *w, const struct rf_view *v) {
    static const char *const words[] = {"none", "full", "pids only"};
    say(w, "/proc: %s", words[ROOT(v)->proc]);
}

static void say_root_sys(struct words *w, const struct rf_view *v) {
    say(w, "/sys: %s", ROOT(v)->sys == RF_SYS_READ_ONLY ? "read-only" : "none");
}

static void say_cwd(struct words *w, const struct rf_view *v) {
    say(w, "working directory: ");
    say_word(w, v, PROCESS(v)->cwd);
}

static void say_uid(struct words *w, const struct rf_view *v) {
    say(w, "uid: %" PRIu32, PROCESS(v)->uid);
}
static void say_gid(struct words *w, const struct rf_view *v) {
    say(w, "gid: %" PRIu32, PROCESS(v)->gid);
}

static void say_init(struct words *w, const struct rf_view *v) {
    say(w, "init: %s", PROCESS(v)->init == RF_INIT_REAPER ? "reaper" : "none");
}

static void say_umask(struct words *w, const struct rf_view *v) {
    say(w, "umask: %04" PRIo32, PROCESS(v)->umask);
}

static void say_process_flags(struct words *w, const struct rf_view *v) {
    static const struct bit bits[] = {{RF_PROCESS_SET_OOM, "oom_score_adj is set"},
                                      {RF_PROCESS_OOM_OPTIONAL, "it may fail to be"}};
    say(w, "process options: ");
    SAY_BITS(w, PROCESS(v)->flags, bits);
}

static void say_oom(struct words *w, const struct rf_view *v) {
    if (PROCESS(v)->flags & RF_PROCESS_SET_OOM)
        say(w, "oom_score_adj: %" PRId32, PROCESS(v)->oom_score_adj);
    else
        say(w, "oom_score_adj: left as it is");
}

static void say_capabilities(struct words *w, const struct rf_view *v) {
    const char *between = "";
    say(w, "capabilities: ");
    for (unsigned i = 0; i < 64; i++) {
        if (!(CONFINE(v)->capabilities >> i & 1)) continue;
        if (i < sizeof capabilities / sizeof capabilities[0])
            say(w, "%s%s", between, capabilities[i]);
        else
            say(w, "%scapability %u", between, i);
        between = ", ";
    }
    if (!*between) say(w, "none");
}

static void say_confine_flags(struct words *w, const struct rf_view *v) {
    say(w, "seccomp: %s", CONFINE(v)->flags & RF_CONFINE_NO_FILTER ? "none" : "filter");
}

struct field_words {
    uint32_t section;
    uint32_t offset;
    void (*say)(struct words *w, const struct rf_view *v);
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
};

/* Records of the other sections. */

static void say_parameter(struct words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_parameter *p = RF_RECORD(v, PARAMETERS, struct rf_parameter, i);
    say(w, "parameter ");
    say_word(w, v, p->name);
    say(w, ": %s of at most %" PRIu32 " bytes", p->type == RF_PARAM_PATH ? "path" : "name", p->max_length);
    if (!rf_text_absent(p->under)) {
        say(w, ", under ");
        say_word(w, v, p->under);
    }
    if (rf_text_absent(p->fallback)) {
        say(w, ", required");
    } else {
        say(w, ", default ");
        say_quoted(w, v, p->fallback);
    }
}

static void say_join(struct words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_join *j = RF_RECORD(v, JOINS, struct rf_join, i);
    say(w, "join ");
    SAY_BITS(w, j->kind, namespaces);
    say(w, " of ");
    say_word(w, v, j->path);
}

static void say_id_map(struct words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_id_map *m = RF_RECORD(v, ID_MAPS, struct rf_id_map, i);
    say(w, "%s map: %" PRIu32 " inside is %" PRIu32 " outside, %" PRIu32 " ids", m->kind == 0 ? "uid" : "gid",
        m->inside, m->outside, m->size);
}

static void say_mount(struct words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_mount *m = RF_RECORD(v, MOUNTS, struct rf_mount, i);
    say(w, "mount ");
    say_word(w, v, m->target);
    if (m->kind == RF_MOUNT_BIND) {
        say(w, ": bind from ");
        say_text(w, v, &m->source);
    } else {
        say(w, ": tmpfs of ");
        say_size(w, m->size, sizes);
    }
    say(w, m->flags & RF_MOUNT_WRITABLE ? ", writable" : ", read-only");
    if (m->flags & RF_MOUNT_RECURSIVE) say(w, ", recursive");
    if (m->kind == RF_MOUNT_TMPFS) say(w, ", mode %04" PRIo32 ", owner %" PRIu32 ":%" PRIu32, m->mode, m->uid, m->gid);
}

static void say_mask(struct words *w, const struct rf_view *v, uint32_t i) {
    say(w, "mask ");
    say_word(w, v, RF_RECORD(v, MASKS, struct rf_path, i)->path);
}

static void say_read_only(struct words *w, const struct rf_view *v, uint32_t i) {
    say(w, "read-only ");
    say_word(w, v, RF_RECORD(v, READ_ONLY, struct rf_path, i)->path);
}

static void say_device(struct words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_device *d = RF_RECORD(v, DEVICES, struct rf_device, i);
    say(w, "device ");
    say_word(w, v, d->name);
    say(w, ": character %" PRIu32 ":%" PRIu32 ", mode %04" PRIo32, d->major, d->minor, d->mode);
}

static void say_limit(struct words *w, const struct rf_view *v, uint32_t i) {
    static const char *const controllers[] = {"", "cpu", "memory", "pids"};
    const struct rf_limit *l = RF_RECORD(v, LIMITS, struct rf_limit, i);
    say(w, "limit ");
    say_word(w, v, l->file);
    say(w, " = ");
    say_quoted(w, v, l->text);
    if (l->compare == RF_CMP_PAGES) {
        say(w, " (");
        if (l->value == RF_UNLIMITED)
            say(w, "unlimited");
        else
            say_size(w, l->value, sizes);
        say(w, ")");
    }
    say(w, ", cgroup v%" PRIu32 " %s", l->version, controllers[l->controller]);
    if (l->flags & RF_LIMIT_OPTIONAL) say(w, ", optional");
    if (l->flags & RF_LIMIT_IF_SWAP) say(w, ", where there is swap");
}

static void say_io(struct words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_io *io = RF_RECORD(v, IO, struct rf_io, i);
    const uint64_t values[] = {io->rbps, io->wbps, io->riops, io->wiops};
    static const char *const ways[] = {"read ", "write "};
    const char *between = ": ";
    say(w, "io on ");
    say_text(w, v, &io->device);
    for (size_t k = 0; k < 4; k++) {
        if (values[k] == RF_UNLIMITED) continue;
        say(w, "%s%s", between, ways[k % 2]);
        if (k < 2)
            say_size(w, values[k], rates);
        else
            say(w, "%" PRIu64 " operations/s", values[k]);
        between = ", ";
    }
    if (*between == ':') say(w, ": not limited");
}

static void say_arg(struct words *w, const struct rf_view *v, uint32_t i) {
    say(w, "argument %" PRIu32 ": ", i);
    say_quoted(w, v, RF_RECORD(v, ARGS, struct rf_arg, i)->text);
}

static void say_env(struct words *w, const struct rf_view *v, uint32_t i) {
    say(w, "environment: ");
    say_quoted(w, v, RF_RECORD(v, ENV, struct rf_arg, i)->text);
}

static void say_pass_env(struct words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_pass_env *p = RF_RECORD(v, PASS_ENV, struct rf_pass_env, i);
    say(w, "environment: ");
    say_word(w, v, p->name);
    say(w, " from the launcher%s", p->flags & RF_PASS_ENV_OPTIONAL ? ", optional" : "");
}

static void say_group(struct words *w, const struct rf_view *v, uint32_t i) {
    say(w, "supplementary group %" PRIu32, RF_RECORD(v, GROUPS, struct rf_group, i)->gid);
}

static void say_rlimit_value(struct words *w, uint32_t resource, uint64_t value) {
    if (value == RF_UNLIMITED)
        say(w, "unlimited");
    else if (RLIMITS_OF_BYTES >> resource & 1)
        say_size(w, value, sizes);
    else
        say(w, "%" PRIu64, value);
}

static void say_rlimit(struct words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_rlimit *r = RF_RECORD(v, RLIMITS, struct rf_rlimit, i);
    say(w, "%s: soft ", rlimits[r->resource]);
    say_rlimit_value(w, r->resource, r->soft);
    say(w, ", hard ");
    say_rlimit_value(w, r->resource, r->hard);
}

static void (*const record_words[RF_SECTION_END])(struct words *, const struct rf_view *, uint32_t) = {
    [RF_PARAMETERS] = say_parameter,
    [RF_JOINS] = say_join,
    [RF_ID_MAPS] = say_id_map,
    [RF_MOUNTS] = say_mount,
    [RF_MASKS] = say_mask,
    [RF_READ_ONLY] = say_read_only,
    [RF_DEVICES] = say_device,
    [RF_LIMITS] = say_limit,
    [RF_IO] = say_io,
    [RF_ARGS] = say_arg,
    [RF_ENV] = say_env,
    [RF_PASS_ENV] = say_pass_env,
    [RF_GROUPS] = say_group,
    [RF_RLIMITS] = say_rlimit,
};

typedef void line_function(void *ctx, uint32_t section, uint32_t index, const char *text);

static void dump_header(const struct rf_view *v, struct words *w, line_function *line, void *ctx) {
#define LINE(member, ...) (w->used = 0, say(w, __VA_ARGS__), line(ctx, 0, offsetof(struct rf_header, member), w->text))
    static const struct bit features[] = {{RF_REQUIRE_MOUNT_SETATTR, "mount_setattr (Linux 5.12)"}};
    const struct rf_header *h = v->header;
    LINE(major, "format: %u.%u", (unsigned)h->major, (unsigned)h->minor);
    LINE(total_length, "length: %" PRIu32 " bytes", h->total_length);
    LINE(launch_length, "read at launch: %" PRIu32 " bytes", h->launch_length);
    w->used = 0;
    say(w, "needs beyond Linux 5.10: ");
    SAY_BITS(w, h->required, features);
    line(ctx, 0, offsetof(struct rf_header, required), w->text);
    LINE(language, "policy language: %" PRIu32, h->language);
    LINE(kernel, "calls known up to: v%" PRIu32 ".%" PRIu32, h->kernel >> 16, h->kernel & 0xffff);
    w->used = 0;
    say(w, "identity: ");
    for (size_t i = 0; i < sizeof h->identity; i++) say(w, "%02x", h->identity[i]);
    line(ctx, 0, offsetof(struct rf_header, identity), w->text);
#undef LINE
}

void rf_dump(const struct rf_view *view, line_function *line, void *ctx) {
    static const char *const machines[] = {"x86_64", "aarch64", "riscv64"};
    struct words w = {0};
    size_t field = 0;
    dump_header(view, &w, line, ctx);
    for (uint32_t type = RF_STRINGS + 1; type < RF_SECTION_END; type++) {
        for (; field < sizeof field_words / sizeof field_words[0] && field_words[field].section == type; field++) {
            w.used = 0;
            field_words[field].say(&w, view);
            line(ctx, type, field_words[field].offset, w.text);
        }
        for (uint32_t i = 0; record_words[type] && i < view->count[type]; i++) {
            w.used = 0;
            record_words[type](&w, view, i);
            line(ctx, type, i, w.text);
        }
        if (type < RF_FILTER_X86_64 || view->count[type] == 0) continue;
        w.used = 0;
        say(&w, "filter for %s: %" PRIu32 " instructions", machines[type - RF_FILTER_X86_64], view->count[type]);
        line(ctx, type, RF_NONE, w.text);
    }
}
