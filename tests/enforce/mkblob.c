/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkblob OUT KEY=VALUE...: a blob straight from records, for what the compiler would refuse to write, and for
 * launching without it.  A value that may hold a parameter writes it as $(NAME); PARAM comes first then.
 *
 *   param=NAME:path|name|number|ipv4|ipv6|ipv4_prefix|ipv6_prefix:UNDER:FALLBACK:MAX   ns=mnt,pid,net,...   self   map=KIND:IN:OUT:SIZE   join=PATH:NS
 *   time=BOOT:MONO   hostname=TEXT   root=PATH[:rw]   keep   proc=none|full|pids   sys
 *   bind=SOURCE:TARGET[:wr]   tmpfs=TARGET:SIZE:MODE:UID:GID   mask=PATH   ro=PATH   dev=NAME:MAJOR:MINOR:MODE
 *   limit=VERSION:CONTROLLER:FILE:TEXT:exact|pages[:VALUE[:FLAGS]]   io=DEVICE:RBPS:WBPS:RIOPS:WIOPS (0: none)
 *   cgroup=TEXT   (with parameters, in this order: tmpfs's SIZE, limit's TEXT, arg, env)
 *   uid=N gid=N init=none|reaper umask=OCTAL cwd=PATH oom=N[:optional]   arg=TEXT env=NAME=VALUE
 *   pass=NAME[:optional]   group=N   rlimit=RESOURCE:SOFT:HARD   caps=HEX
 *   filter=none | allow | NR:ERRNO,...(the rest allowed; ERRNO 0 kills, "notify" asks)   notify=SOCKET
 *   line=SECTION:INDEX:LINE
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"

static struct rf_pool pool;
static struct rf_parameter parameters[64];
static struct rf_namespaces ns = {.hostname = {{RF_NONE, 0}, {RF_NONE, 0}, RF_NONE, 0}};
static struct rf_join joins[8];
static struct rf_id_map maps[340];
static struct rf_root root;
static struct rf_mount mounts[1024];
static struct rf_path masks[1024], read_only[1024];
static struct rf_device devices[64];
static struct rf_limit limits[64];
static struct rf_io ios[64];
static struct rf_process process = {.umask = 022};
static struct rf_arg args[256], env[256];
static struct rf_pass_env pass[64];
static struct rf_group groups[256];
static struct rf_rlimit rlimits[16];
static struct rf_confine confine = {.notify_socket = {{RF_NONE, 0}, {RF_NONE, 0}, RF_NONE, 0}};
static struct rf_cgroup cgroup;
static struct rf_fill fills[256];
static struct rf_insn insns[256];
static struct rf_map_entry entries[256];
static struct rf_map_file file;
static struct rf_plan plan = {.language = 1, .kernel = 6 << 16 | 18};
#define N(type) (plan.count[RF_##type])

_Noreturn static void die(const char *what, const char *value) {
    fprintf(stderr, "mkblob: %s: %s\n", what, value);
    exit(2);
}

static struct rf_str string(const char *text) {
    return rf_pool_add(&pool, text, strlen(text));
}

/* The next field of a value split at ':'; NULL behind the last. */
static char *next(char **rest) {
    return *rest ? strsep(rest, ":") : NULL;
}

static uint64_t number(const char *text) {
    char *end;
    if (!text || !*text) die("a number is missing", "");
    if (strcmp(text, "max") == 0) return RF_UNLIMITED;
    uint64_t value = strtoull(text, &end, 0);
    if (*end) die("not a number", text);
    return value;
}
static uint32_t word(const char *text) {
    return (uint32_t)number(text);
}

static struct rf_text text_of(const char *value) {
    const char *open = strstr(value, "$("), *close = open ? strchr(open, ')') : NULL;
    struct rf_text text = RF_TEXT_ABSENT;
    if (!close) {
        text.prefix = string(value);
        return text;
    }
    for (uint32_t i = 0; i < N(PARAMETERS); i++) {
        const char *name = pool.bytes + parameters[i].name.offset;
        if (strncmp(name, open + 2, (size_t)(close - open - 2)) == 0 && !name[close - open - 2]) text.parameter = i;
    }
    if (text.parameter == RF_NONE) die("no such parameter", value);
    if (open != value) text.prefix = rf_pool_add(&pool, value, (size_t)(open - value));
    if (close[1]) text.suffix = string(close + 1);
    return text;
}

/* A string that may hold a parameter: then it is empty, and FILLS has it. */
static struct rf_str filled(const char *value, enum rf_section_type section, uint32_t index) {
    if (!strstr(value, "$(")) return string(value);
    fills[N(FILLS)++] = (struct rf_fill){section, index, text_of(value)};
    return string("");
}

static uint32_t namespace_of(const char *name) {
    static const struct {
        const char *name;
        uint32_t flag;
    } all[] = {{"mnt", CLONE_NEWNS},  {"pid", CLONE_NEWPID},       {"net", CLONE_NEWNET},   {"ipc", CLONE_NEWIPC},
               {"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP}, {"user", CLONE_NEWUSER}, {"time", CLONE_NEWTIME}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i].name, name) == 0) return all[i].flag;
    die("no such namespace", name);
}

static struct rf_insn insn(unsigned code, uint8_t jt, uint8_t jf, uint32_t k) {
    return (struct rf_insn){(uint16_t)code, jt, jf, k};
}

static uint32_t action(const char *code) {
    if (code && strcmp(code, "notify") == 0) return SECCOMP_RET_USER_NOTIF;
    uint32_t errnum = word(code);
    return errnum ? SECCOMP_RET_ERRNO | errnum : SECCOMP_RET_KILL_PROCESS;
}

static void put_filter(char *value) {
    uint32_t n = 0;
    if (strcmp(value, "none") == 0) {
        confine.flags = RF_CONFINE_NO_FILTER;
        return;
    }
#if defined(__x86_64__)
    const uint32_t arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
    const uint32_t arch = AUDIT_ARCH_AARCH64;
#else
    const uint32_t arch = AUDIT_ARCH_RISCV64;
#endif
    insns[n++] = insn(BPF_LD | BPF_W | BPF_ABS, 0, 0, 4);
    insns[n++] = insn(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, arch);
    insns[n++] = insn(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
    if (strcmp(value, "allow") != 0) insns[n++] = insn(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
    while (value && strcmp(value, "allow") != 0) {
        char *item = strsep(&value, ","), *code = item;
        insns[n++] = insn(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, word(next(&code)));
        insns[n++] = insn(BPF_RET | BPF_K, 0, 0, action(code));
    }
    insns[n++] = insn(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
#if defined(__x86_64__)
    N(FILTER_X86_64) = n;
#elif defined(__aarch64__)
    N(FILTER_AARCH64) = n;
#else
    N(FILTER_RISCV64) = n;
#endif
}

static void put_limit(char *value) {
    struct rf_limit *l = &limits[N(LIMITS)++];
    l->version = word(next(&value));
    const char *controller = next(&value);
    l->controller = strcmp(controller, "cpu") == 0      ? RF_CTL_CPU
                    : strcmp(controller, "memory") == 0 ? RF_CTL_MEMORY
                                                        : RF_CTL_PIDS;
    l->file = string(next(&value));
    l->text = filled(next(&value), RF_LIMITS, N(LIMITS) - 1);
    l->compare = strcmp(next(&value), "pages") == 0 ? RF_CMP_PAGES : RF_CMP_EXACT;
    const char *number_text = next(&value);
    l->value = number_text ? number(number_text) : 0;
    l->flags = value ? word(value) : 0;
}

static void put_mount(const char *key, char *value) {
    struct rf_mount *m = &mounts[N(MOUNTS)++];
    if (strcmp(key, "bind") == 0) {
        m->kind = RF_MOUNT_BIND;
        m->source = text_of(next(&value));
        m->target = string(next(&value));
        if (value && strchr(value, 'w')) m->flags |= RF_MOUNT_WRITABLE;
        if (value && strchr(value, 'r')) m->flags |= RF_MOUNT_RECURSIVE, plan.required = RF_REQUIRE_MOUNT_SETATTR;
        return;
    }
    m->kind = RF_MOUNT_TMPFS;
    m->flags = RF_MOUNT_WRITABLE;
    m->source = (struct rf_text)RF_TEXT_ABSENT;
    m->target = string(next(&value));
    const char *size = next(&value);
    if (strstr(size, "$("))
        (void)filled(size, RF_MOUNTS, N(MOUNTS) - 1);
    else
        m->size = number(size);
    m->mode = word(next(&value));
    m->uid = word(next(&value));
    m->gid = word(next(&value));
}

static void put_parameter(char *value) {
    struct rf_parameter *p = &parameters[N(PARAMETERS)++];
    p->name = string(next(&value));
    static const char *const types[] = {"path", "name", "number", "ipv4", "ipv6", "ipv4_prefix", "ipv6_prefix"};
    const char *type = next(&value);
    while (p->type < sizeof types / sizeof types[0] && strcmp(types[p->type], type) != 0) p->type++;
    p->type++; /* one more than there are: for what no reader may take */
    const char *under = next(&value), *fallback = next(&value), *max = next(&value);
    p->under = under && *under ? string(under) : RF_STR_ABSENT;
    p->fallback = fallback && *fallback ? string(fallback) : RF_STR_ABSENT;
    p->max_length = max ? word(max) : RF_STRING_MAX;
}

static uint64_t rate(char **value) {
    uint64_t n = number(next(value));
    return n ? n : RF_UNLIMITED;
}

static bool put_namespaces(const char *key, char *value) {
    if (strcmp(key, "ns") == 0) {
        while (value && *value) ns.create |= namespace_of(strsep(&value, ","));
    } else if (strcmp(key, "self") == 0) {
        ns.flags |= RF_NS_MAP_SELF;
    } else if (strcmp(key, "time") == 0) {
        ns.flags |= RF_NS_SET_TIME;
        ns.boottime = (int64_t)number(next(&value));
        ns.monotonic = (int64_t)number(next(&value));
    } else if (strcmp(key, "hostname") == 0) {
        ns.hostname = text_of(value);
    } else if (strcmp(key, "map") == 0) {
        struct rf_id_map *m = &maps[N(ID_MAPS)++];
        m->kind = word(next(&value));
        m->inside = word(next(&value));
        m->outside = word(next(&value));
        m->size = word(next(&value));
    } else if (strcmp(key, "join") == 0) {
        struct rf_join *j = &joins[N(JOINS)++];
        j->path = string(next(&value));
        j->kind = namespace_of(value);
    } else {
        return false;
    }
    return true;
}

static bool put_root(const char *key, char *value) {
    if (strcmp(key, "root") == 0) {
        root.path = text_of(next(&value));
        if (value) root.flags = RF_ROOT_WRITABLE;
    } else if (strcmp(key, "keep") == 0) {
        root.path = text_of("/");
        root.flags = RF_ROOT_KEEP;
    } else if (strcmp(key, "proc") == 0) {
        root.proc = strcmp(value, "full") == 0   ? RF_PROC_FULL
                    : strcmp(value, "pids") == 0 ? RF_PROC_PIDS
                                                 : RF_PROC_NONE;
    } else if (strcmp(key, "sys") == 0) {
        root.sys = RF_SYS_READ_ONLY;
    } else if (strcmp(key, "bind") == 0 || strcmp(key, "tmpfs") == 0) {
        put_mount(key, value);
    } else if (strcmp(key, "mask") == 0) {
        masks[N(MASKS)++].path = string(value);
    } else if (strcmp(key, "ro") == 0) {
        read_only[N(READ_ONLY)++].path = string(value);
    } else if (strcmp(key, "dev") == 0) {
        struct rf_device *d = &devices[N(DEVICES)++];
        d->name = string(next(&value));
        d->major = word(next(&value));
        d->minor = word(next(&value));
        d->mode = word(next(&value));
    } else {
        return false;
    }
    return true;
}

static bool put_process(const char *key, char *value) {
    if (strcmp(key, "uid") == 0) {
        process.uid = word(value);
    } else if (strcmp(key, "gid") == 0) {
        process.gid = word(value);
    } else if (strcmp(key, "init") == 0) {
        process.init = strcmp(value, "reaper") == 0 ? RF_INIT_REAPER : RF_INIT_NONE;
    } else if (strcmp(key, "umask") == 0) {
        process.umask = word(value);
    } else if (strcmp(key, "cwd") == 0) {
        process.cwd = string(value);
    } else if (strcmp(key, "oom") == 0) {
        process.oom_score_adj = (int32_t)strtol(next(&value), NULL, 10);
        process.flags = RF_PROCESS_SET_OOM | (value ? RF_PROCESS_OOM_OPTIONAL : 0);
    } else if (strcmp(key, "arg") == 0) {
        N(ARGS)++;
        args[N(ARGS) - 1].text = filled(value, RF_ARGS, N(ARGS) - 1);
    } else if (strcmp(key, "env") == 0) {
        N(ENV)++;
        env[N(ENV) - 1].text = filled(value, RF_ENV, N(ENV) - 1);
    } else if (strcmp(key, "pass") == 0) {
        struct rf_pass_env *p = &pass[N(PASS_ENV)++];
        p->name = string(next(&value));
        p->flags = value ? RF_PASS_ENV_OPTIONAL : 0;
    } else if (strcmp(key, "group") == 0) {
        groups[N(GROUPS)++].gid = word(value);
    } else if (strcmp(key, "rlimit") == 0) {
        struct rf_rlimit *r = &rlimits[N(RLIMITS)++];
        r->resource = word(next(&value));
        r->soft = number(next(&value));
        r->hard = number(next(&value));
    } else if (strcmp(key, "caps") == 0) {
        confine.capabilities = number(value);
    } else {
        return false;
    }
    return true;
}

static bool put_other(const char *key, char *value) {
    if (strcmp(key, "param") == 0) {
        put_parameter(value);
    } else if (strcmp(key, "limit") == 0) {
        put_limit(value);
    } else if (strcmp(key, "io") == 0) {
        struct rf_io *io = &ios[N(IO)++];
        io->device = text_of(next(&value));
        io->rbps = rate(&value);
        io->wbps = rate(&value);
        io->riops = rate(&value);
        io->wiops = rate(&value);
    } else if (strcmp(key, "filter") == 0) {
        put_filter(value);
    } else if (strcmp(key, "cgroup") == 0) {
        cgroup.name = text_of(value);
        N(CGROUP) = 1;
    } else if (strcmp(key, "notify") == 0) {
        confine.notify_socket = text_of(value);
    } else if (strcmp(key, "line") == 0) {
        struct rf_map_entry *e = &entries[plan.map_entry_count++];
        e->section = word(next(&value));
        e->index = word(next(&value));
        e->line = word(next(&value));
        e->column = 1;
    } else {
        return false;
    }
    return true;
}

/* Not a digest: a launch does not compute the identity. */
static void no_digest(const void *bytes, size_t n, uint8_t digest[32]) {
    (void)bytes;
    memset(digest, (int)(n & 0xff), 32);
}

static void fill_plan(void) {
    const void *records[RF_SECTION_END] = {[RF_PARAMETERS] = parameters,
                                           [RF_NAMESPACES] = &ns,
                                           [RF_JOINS] = joins,
                                           [RF_ID_MAPS] = maps,
                                           [RF_ROOT] = &root,
                                           [RF_MOUNTS] = mounts,
                                           [RF_MASKS] = masks,
                                           [RF_READ_ONLY] = read_only,
                                           [RF_DEVICES] = devices,
                                           [RF_LIMITS] = limits,
                                           [RF_IO] = ios,
                                           [RF_PROCESS] = &process,
                                           [RF_ARGS] = args,
                                           [RF_ENV] = env,
                                           [RF_PASS_ENV] = pass,
                                           [RF_GROUPS] = groups,
                                           [RF_RLIMITS] = rlimits,
                                           [RF_CONFINE] = &confine,
                                           [RF_FILTER_X86_64] = insns,
                                           [RF_FILTER_AARCH64] = insns,
                                           [RF_FILTER_RISCV64] = insns,
                                           [RF_CGROUP] = &cgroup,
                                           [RF_FILLS] = fills};
    memcpy(plan.records, records, sizeof records);
    N(NAMESPACES) = N(ROOT) = N(PROCESS) = N(CONFINE) = 1;
    plan.pool = &pool;
    file.name = string("test.ringfence.yaml");
    plan.map_files = &file;
    plan.map_entries = entries;
    plan.map_file_count = plan.map_entry_count ? 1 : 0;
}

int main(int argc, char **argv) {
    static _Alignas(8) char out[RF_BLOB_MAX];
    size_t length = 0;
    if (argc < 2) die("usage", "mkblob OUT KEY=VALUE...");
    process.cwd = string("/");
    for (int i = 2; i < argc; i++) {
        char *value = argv[i], *key = strsep(&value, "=");
        if (!put_namespaces(key, value) && !put_root(key, value) && !put_process(key, value) && !put_other(key, value))
            die("unknown key", key);
    }
    fill_plan();
    enum rf_blob_error error = rf_build(&plan, out, sizeof out, &length, no_digest);
    if (error) fprintf(stderr, "mkblob: the blob is one to be refused: %s\n", rf_blob_error_text(error));
    int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, out, length) != (ssize_t)length || close(fd) != 0) die("cannot write", argv[1]);
    return error ? 1 : 0;
}
