/* SPDX-License-Identifier: Apache-2.0 */
/* The rules between the records and fields of a blob; each is in blob.v1.md under its section. */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

#include "reader.h"

/* Byte order; a string comes before those that it begins. */
static int compare(const struct rf_view *v, struct rf_str a, struct rf_str b) {
    uint32_t shorter = a.length < b.length ? a.length : b.length;
    int order = __builtin_memcmp(rf_view_string(v, a), rf_view_string(v, b), shorter);
    if (order != 0) return order;
    return (a.length > b.length) - (a.length < b.length);
}

static bool is_literal(const struct rf_view *v, const struct rf_text *t, const char *text, uint32_t length) {
    const char *prefix = rf_view_string(v, t->prefix);
    return t->parameter == RF_NONE && prefix && t->prefix.length == length &&
           __builtin_memcmp(prefix, text, length) == 0;
}

static bool text_absent(const struct rf_text *t) {
    return rf_text_absent(t->prefix) && t->parameter == RF_NONE;
}

static bool parameters_ok(const struct rf_view *v) {
    for (uint32_t i = 0; i < v->count[RF_PARAMETERS]; i++) {
        const struct rf_parameter *p = RF_RECORD(v, PARAMETERS, struct rf_parameter, i);
        for (uint32_t k = 0; k < i; k++) { /* equal strings stand in one place */
            if (RF_RECORD(v, PARAMETERS, struct rf_parameter, k)->name.offset == p->name.offset) return false;
        }
        const char *under = rf_view_string(v, p->under), *fallback = rf_view_string(v, p->fallback);
        if (!rf_value_bound_ok(p->type, under, p->under.length)) return false;
        if (fallback && !rf_view_value_ok(v, p, fallback, p->fallback.length)) return false;
    }
    return true;
}

static const struct rf_parameter *parameter_of(const struct rf_view *v, const struct rf_text *t) {
    return RF_RECORD(v, PARAMETERS, struct rf_parameter, t->parameter);
}

/* At the longest value of its parameter; an absent string has length 0. */
static uint32_t longest(const struct rf_view *v, const struct rf_text *t) {
    uint32_t length = t->prefix.length + t->suffix.length;
    return t->parameter == RF_NONE ? length : length + parameter_of(v, t)->max_length;
}

/* A host name or the name of a cgroup. */
static bool short_ok(const struct rf_view *v, const struct rf_text *t) {
    uint32_t length = longest(v, t);
    if (t->parameter != RF_NONE) {
        uint32_t type = parameter_of(v, t)->type;
        if (type != RF_PARAM_NAME && type != RF_PARAM_NUMBER) return false;
    }
    return length >= 1 && length <= RF_SHORT_MAX;
}

/* Whether a byte stands in the string, and where. */
static bool find(const struct rf_view *v, struct rf_str s, char byte, uint32_t *at) {
    const char *text = rf_view_string(v, s);
    for (*at = 0; *at < s.length; ++*at) {
        if (text[*at] == byte) return true;
    }
    return false;
}

/* It is the last component of a path in the cgroup tree. */
static bool cgroup_ok(const struct rf_view *v) {
    uint32_t at;
    if (v->count[RF_CGROUP] == 0) return true;
    const struct rf_text *name = &RF_RECORD(v, CGROUP, struct rf_cgroup, 0)->name;
    return short_ok(v, name) && !find(v, name->prefix, '/', &at) && !find(v, name->suffix, '/', &at);
}

/* Only a number, whole, that the kernel can count; `added` to the greatest one. */
static bool number_ok(const struct rf_view *v, const struct rf_text *t, uint64_t fewest, uint64_t added) {
    const struct rf_parameter *p = parameter_of(v, t);
    uint64_t least, most;
    if (p->type != RF_PARAM_NUMBER || t->prefix.length + t->suffix.length != 0) return false;
    (void)rf_value_range(rf_view_string(v, p->under), &least, &most); /* parameters_ok() has seen to it */
    return least >= fewest && most <= INT64_MAX && added <= INT64_MAX - most;
}

static bool fill_ok(const struct rf_view *v, const struct rf_fill *f) {
    if (f->text.parameter == RF_NONE || f->index >= v->count[f->section]) return false;
    if (f->section == RF_MOUNTS) {
        const struct rf_mount *m = RF_RECORD(v, MOUNTS, struct rf_mount, f->index);
        return m->kind == RF_MOUNT_TMPFS && m->size == 0 && number_ok(v, &f->text, 1, 0); /* 0 would be unlimited */
    }
    if (f->section == RF_LIMITS) {
        const struct rf_limit *l = RF_RECORD(v, LIMITS, struct rf_limit, f->index);
        return l->text.length == 0 && number_ok(v, &f->text, 0, l->value);
    }
    if (f->section != RF_ARGS && f->section != RF_ENV) return false;
    return ((const struct rf_arg *)v->records[f->section])[f->index].text.length == 0;
}

static bool fills_ok(const struct rf_view *v) {
    uint64_t last = 0, bytes = 0;
    for (uint32_t i = 0; i < v->count[RF_FILLS]; i++) {
        const struct rf_fill *f = RF_RECORD(v, FILLS, struct rf_fill, i);
        uint64_t place = (uint64_t)f->section << 32 | f->index;
        if (place <= last || !fill_ok(v, f)) return false;
        last = place;
        bytes += longest(v, &f->text) + 1;
    }
    return bytes <= RF_FILL_BYTES;
}

static bool id_maps_ok(const struct rf_view *v) {
    for (uint32_t i = 0; i < v->count[RF_ID_MAPS]; i++) {
        const struct rf_id_map *m = RF_RECORD(v, ID_MAPS, struct rf_id_map, i);
        /* the kernel has no id 0xffffffff */
        if ((uint64_t)m->inside + m->size > UINT32_MAX || (uint64_t)m->outside + m->size > UINT32_MAX) return false;
    }
    return true;
}

static bool namespaces_ok(const struct rf_view *v) {
    const struct rf_namespaces *ns = RF_RECORD(v, NAMESPACES, struct rf_namespaces, 0);
    uint32_t taken = ns->create;
    for (uint32_t i = 0; i < v->count[RF_JOINS]; i++) {
        uint32_t kind = RF_RECORD(v, JOINS, struct rf_join, i)->kind;
        if (kind == 0 || (kind & (kind - 1)) != 0 || (kind & taken) != 0) return false;
        taken |= kind;
    }
    /* only a child could be in them */
    const struct rf_service *service = v->records[RF_SERVICE];
    if (service && service->supervision == RF_SAME_PROCESS && ((taken & CLONE_NEWPID) || (ns->create & CLONE_NEWTIME)))
        return false;
    if (ns->flags & RF_NS_SET_TIME) {
        if (!(ns->create & CLONE_NEWTIME)) return false;
    } else if (ns->boottime != 0 || ns->monotonic != 0) {
        return false;
    }
    bool maps = v->count[RF_ID_MAPS] > 0, self = ns->flags & RF_NS_MAP_SELF;
    if (ns->create & CLONE_NEWUSER ? maps == self : maps || self) return false;
    if (!text_absent(&ns->hostname) && (!(ns->create & CLONE_NEWUTS) || !short_ok(v, &ns->hostname))) return false;
    return id_maps_ok(v);
}

static bool root_ok(const struct rf_view *v) {
    const struct rf_root *root = RF_RECORD(v, ROOT, struct rf_root, 0);
    bool own = RF_RECORD(v, NAMESPACES, struct rf_namespaces, 0)->create & CLONE_NEWNS;
    if (root->proc == RF_PROC_NONE && (root->flags & RF_ROOT_HIDEPID)) return false;
    if (!(root->flags & RF_ROOT_KEEP)) return own; /* else the mounts would land in someone else's namespace */
    return !own && root->flags == RF_ROOT_KEEP && root->proc == RF_PROC_NONE && root->sys == RF_SYS_NONE &&
           is_literal(v, &root->path, "/", 1) && v->count[RF_MOUNTS] == 0 && v->count[RF_MASKS] == 0 &&
           v->count[RF_READ_ONLY] == 0 && v->count[RF_DEVICES] == 0;
}

/* Whether `path` is `top` or lies below it. */
static bool within(const char *path, uint32_t length, const char *top, uint32_t n) {
    return length >= n && __builtin_memcmp(path, top, n) == 0 && (length == n || path[n] == '/');
}

#define CGROUPS "/sys/fs/cgroup"

/* /proc, /sys and /dev are furnished by the enforcer itself; what lies over them would undo its masks.  sysfs has a
 * place for the cgroup tree and for nothing else. */
static bool target_ok(const struct rf_view *v, const struct rf_mount *m) {
    const char *path = rf_view_string(v, m->target);
    uint32_t n = m->target.length;
    if (n == 1 || m->kind == RF_MOUNT_OVERLAY) return n == 1 && m->kind == RF_MOUNT_OVERLAY;
    if (m->kind == RF_MOUNT_CGROUP && n == sizeof CGROUPS - 1 && __builtin_memcmp(path, CGROUPS, n) == 0)
        return RF_RECORD(v, ROOT, struct rf_root, 0)->sys == RF_SYS_READ_ONLY;
    if (within(path, n, "/proc", 5) || within(path, n, "/sys", 4)) return false;
    return n != 4 || __builtin_memcmp(path, "/dev", 4) != 0;
}

/* The fields that a kind has; the first of them may not be empty. */
enum { SOURCE = 1, SIZE = 2, MODE = 4, UID = 8, GID = 16, INODES = 32 };
static const struct {
    uint8_t first, fields, flags, always; /* always: flags that it must have */
} mount_kinds[] = {
    [RF_MOUNT_BIND] = {SOURCE, SOURCE, RF_MOUNT_WRITABLE | RF_MOUNT_RECURSIVE | RF_MOUNT_NOEXEC | RF_MOUNT_ID_MAP, 0},
    [RF_MOUNT_TMPFS] = {SIZE, SIZE | MODE | UID | GID | INODES, RF_MOUNT_WRITABLE | RF_MOUNT_NOEXEC, RF_MOUNT_WRITABLE},
    [RF_MOUNT_OVERLAY] = {SIZE, SIZE | INODES, RF_MOUNT_WRITABLE, RF_MOUNT_WRITABLE},
    [RF_MOUNT_CONTENT] = {SOURCE, SOURCE | MODE | UID | GID, 0, 0},
    [RF_MOUNT_DEVPTS] = {0, GID, RF_MOUNT_WRITABLE, RF_MOUNT_WRITABLE},
    [RF_MOUNT_MQUEUE] = {0, 0, RF_MOUNT_WRITABLE, RF_MOUNT_WRITABLE},
    [RF_MOUNT_CGROUP] = {0, 0, 0, 0},
};

static bool mount_fields_ok(const struct rf_mount *m, bool filled) {
    uint32_t has = (text_absent(&m->source) ? 0 : SOURCE) | (m->size || filled ? SIZE : 0) | (m->mode ? MODE : 0) |
                   (m->uid ? UID : 0) | (m->gid ? GID : 0) | (m->inodes ? INODES : 0);
    uint32_t first = mount_kinds[m->kind].first, always = mount_kinds[m->kind].always;
    return (has & ~(uint32_t)mount_kinds[m->kind].fields) == 0 && (has & first) == first &&
           (m->flags & ~(uint32_t)mount_kinds[m->kind].flags) == 0 && (m->flags & always) == always;
}

static bool mount_ok(const struct rf_view *v, const struct rf_mount *m, uint32_t i) {
    uint32_t create = RF_RECORD(v, NAMESPACES, struct rf_namespaces, 0)->create;
    bool setattr = v->header->required & RF_REQUIRE_MOUNT_SETATTR;
    if (!mount_fields_ok(m, rf_view_fill(v, RF_MOUNTS, i) != NULL) || !target_ok(v, m)) return false;
    switch (m->kind) {
    case RF_MOUNT_OVERLAY: return RF_RECORD(v, ROOT, struct rf_root, 0)->flags & RF_ROOT_WRITABLE;
    case RF_MOUNT_CONTENT: return m->mode <= 0777 && longest(v, &m->source) <= RF_STRING_MAX;
    /* of a namespace that is not new they would show what others have in it */
    case RF_MOUNT_MQUEUE: return create & CLONE_NEWIPC;
    case RF_MOUNT_CGROUP: return create & CLONE_NEWCGROUP;
    case RF_MOUNT_BIND: break;
    default: return true;
    }
    /* without mount_setattr the mounts below would stay writable */
    if ((m->flags & (RF_MOUNT_RECURSIVE | RF_MOUNT_WRITABLE)) == RF_MOUNT_RECURSIVE && !setattr) return false;
    if ((m->flags & RF_MOUNT_ID_MAP) && !(setattr && v->count[RF_ID_MAPS] > 0)) return false;
    return rf_text_gives_path(v, &m->source);
}

static bool mounts_ok(const struct rf_view *v) {
    const struct rf_mount *last = NULL;
    for (uint32_t i = 0; i < v->count[RF_MOUNTS]; i++) {
        const struct rf_mount *m = RF_RECORD(v, MOUNTS, struct rf_mount, i);
        if (!mount_ok(v, m, i) || (last && compare(v, last->target, m->target) >= 0)) return false;
        last = m;
    }
    return true;
}

/* Of records that begin with a string: these strictly ascend. */
static bool paths_ok(const struct rf_view *v, enum rf_section_type type) {
    const uint8_t *record = v->records[type];
    const uint32_t size = rf_layout_sections[type].size;
    for (uint32_t i = 1; i < v->count[type]; i++, record += size) {
        if (compare(v, rf_layout_str(record), rf_layout_str(record + size)) >= 0) return false;
    }
    return true;
}

static bool devices_ok(const struct rf_view *v) {
    for (uint32_t i = 1; i < v->count[RF_DEVICES]; i++) {
        const struct rf_device *d = RF_RECORD(v, DEVICES, struct rf_device, i);
        for (uint32_t k = 0; k < i; k++) {
            if (RF_RECORD(v, DEVICES, struct rf_device, k)->name.offset == d->name.offset) return false;
        }
    }
    return true;
}

static bool limits_ok(const struct rf_view *v) {
    for (uint32_t i = 0; i < v->count[RF_LIMITS]; i++) {
        const struct rf_limit *l = RF_RECORD(v, LIMITS, struct rf_limit, i);
        if (l->compare != RF_CMP_PAGES && l->value != 0) return false;
    }
    return true;
}

static bool process_ok(const struct rf_view *v) {
    const struct rf_process *p = RF_RECORD(v, PROCESS, struct rf_process, 0);
    if (!(p->flags & RF_PROCESS_SET_OOM) && (p->flags != 0 || p->oom_score_adj != 0)) return false;
    uint32_t at;
    for (uint32_t i = 0; i < v->count[RF_ENV]; i++) {
        const struct rf_fill *fill = rf_view_fill(v, RF_ENV, i);
        struct rf_str start = fill ? fill->text.prefix : RF_RECORD(v, ENV, struct rf_arg, i)->text;
        if (!find(v, start, '=', &at) || at == 0) return false;
    }
    for (uint32_t i = 0; i < v->count[RF_PASS_ENV]; i++) {
        if (find(v, RF_RECORD(v, PASS_ENV, struct rf_pass_env, i)->name, '=', &at)) return false;
    }
    for (uint32_t i = 1; i < v->count[RF_GROUPS]; i++) {
        const struct rf_group *g = RF_RECORD(v, GROUPS, struct rf_group, i);
        if (g[-1].gid >= g->gid) return false;
    }
    for (uint32_t i = 0; i < v->count[RF_RLIMITS]; i++) {
        const struct rf_rlimit *r = RF_RECORD(v, RLIMITS, struct rf_rlimit, i);
        if (r->soft > r->hard || (i > 0 && r[-1].resource >= r->resource)) return false;
    }
    return true;
}

/* A kernel of a lower ABI than the rules need would refuse them; so does the reader. */
static bool landlock_ok(const struct rf_view *v) {
    const struct rf_landlock *l = v->records[RF_LANDLOCK];
    const struct rf_landlock_port *ports = v->records[RF_LANDLOCK_PORTS];
    if (!l) return !ports && !v->records[RF_LANDLOCK_PATHS];
    if (l->abi < (l->scope ? 6u : l->ports ? 4u : 1u)) return false;
    for (uint32_t i = 0; i < v->count[RF_LANDLOCK_PORTS]; i++) {
        if ((ports[i].access & ~l->ports) != 0 || (i > 0 && ports[i - 1].port >= ports[i].port)) return false;
    }
    return paths_ok(v, RF_LANDLOCK_PATHS);
}

/* For each kind the least value, how far above it the greatest is, and bits that are not in the difference. */
static const struct {
    int16_t least;
    uint16_t span, without;
} tuning_ranges[RF_TUNING_END] = {
    [RF_TUNING_NICE] = {-20, 39, 0},
    [RF_TUNING_IO_PRIORITY] = {0x2000, 0x4000, 0x1ff8}, /* the idle class has no levels */
    [RF_TUNING_SCHEDULER] = {0, SCHED_IDLE, 0},
    [RF_TUNING_PERSONALITY] = {0, 8, 7},
    [RF_TUNING_TIMER_SLACK] = {1, UINT16_MAX, 0}, /* up to the greatest int, which is what the enforcer takes it for */
    [RF_TUNING_MDWE] = {1, 0, 0},
    [RF_TUNING_STORE_BYPASS] = {4, 4, 3},
    [RF_TUNING_INDIRECT_BRANCH] = {4, 4, 3},
    [RF_TUNING_L1D_FLUSH] = {2, 0, 0},
    [RF_TUNING_NUMA] = {MPOL_PREFERRED, MPOL_LOCAL - MPOL_PREFERRED, 0},
    [RF_TUNING_SECUREBITS] = {0, 0x45, 0x3a},
    [RF_TUNING_KEEP_IGNORED] = {1, UINT16_MAX, 0},
};

/* What of a value depends on another the kernel itself refuses: a priority beside the wrong scheduler, nodes. */
static bool tuning_ok(const struct rf_view *v) {
    uint32_t last = 0;
    bool numa = false;
    for (uint32_t i = 0; i < v->count[RF_TUNING]; i++) {
        const struct rf_tuning *t = RF_RECORD(v, TUNING, struct rf_tuning, i);
        const uint32_t kind = t->kind, span = tuning_ranges[kind].span;
        uint64_t above = (uint64_t)t->value - (uint64_t)tuning_ranges[kind].least; /* any value may be there */
        if (kind <= last || above > (span == UINT16_MAX ? INT32_MAX - 1 : span) ||
            (above & tuning_ranges[kind].without))
            return false;
        if (kind != RF_TUNING_SCHEDULER && t->priority != 0) return false;
        if (kind == RF_TUNING_SECUREBITS && t->value == 0) return false;
        if (kind == RF_TUNING_MDWE && !(v->header->required & RF_REQUIRE_MDWE)) return false;
        numa |= kind == RF_TUNING_NUMA;
        last = kind;
    }
    return numa || v->count[RF_NODES] == 0;
}

static bool bits_ok(const struct rf_view *v, enum rf_section_type type) {
    const struct rf_bits *bits = v->records[type];
    return v->count[type] == 0 || bits[v->count[type] - 1].bits != 0;
}

/* What is not of a new namespace would be changed on the host.  The first letter tells net and user; of the rest only these
 * are of the IPC namespace. */
static bool sysctls_ok(const struct rf_view *v) {
    static const char ipc[][12] = {"/kernel/msg", "/kernel/sem", "/kernel/shm", "/fs/mqueue/"};
    uint32_t create = RF_RECORD(v, NAMESPACES, struct rf_namespaces, 0)->create;
    for (uint32_t i = 0; i < v->count[RF_SYSCTLS]; i++) {
        const struct rf_str s = RF_RECORD(v, SYSCTLS, struct rf_sysctl, i)->name;
        const char *name = rf_view_string(v, s);
        uint32_t kind = name[1] == 'n' ? CLONE_NEWNET : name[1] == 'u' ? CLONE_NEWUSER : 0;
        for (uint32_t k = 0; k < 4; k++)
            if (s.length >= 11 && __builtin_memcmp(name, ipc[k], 11) == 0) kind = CLONE_NEWIPC;
        if (!(create & kind)) return false;
    }
    return paths_ok(v, RF_SYSCTLS);
}

static bool domainname_ok(const struct rf_view *v) {
    const struct rf_namespaces *ns = RF_RECORD(v, NAMESPACES, struct rf_namespaces, 0);
    return v->count[RF_DOMAINNAME] == 0 ||
           ((ns->create & CLONE_NEWUTS) && short_ok(v, &RF_RECORD(v, DOMAINNAME, struct rf_domainname, 0)->text));
}

static bool service_ok(const struct rf_view *v) {
    for (uint32_t i = 0; i < v->count[RF_KEEP_FDS]; i++) {
        const struct rf_keep_fd *k = RF_RECORD(v, KEEP_FDS, struct rf_keep_fd, i);
        if (k->fd < 3 || (i > 0 && k[-1].fd >= k->fd)) return false;
    }
    if (v->count[RF_SERVICE] == 0) return true;
    const struct rf_service *s = RF_RECORD(v, SERVICE, struct rf_service, 0);
    if ((s->supervision | s->listen_fds | s->notify_socket) == 0) return false;
    return s->supervision != RF_SAME_PROCESS || /* nobody stays beside it */
           (v->count[RF_ATTEND] == 0 && RF_RECORD(v, PROCESS, struct rf_process, 0)->init == RF_INIT_NONE &&
            text_absent(&RF_RECORD(v, CONFINE, struct rf_confine, 0)->notify_socket));
}

/* A record that says nothing would be a second encoding of its absence; and a pseudo-terminal is made in our own /dev. */
static bool attend_ok(const struct rf_view *v) {
    const struct rf_attend *a = RF_RECORD(v, ATTEND, struct rf_attend, 0);
    if (v->count[RF_ATTEND] == 0) return true;
    if (a->flags == 0 && a->time_limit == 0) return false;
    return !(a->flags & RF_ATTEND_TERMINAL) || !(RF_RECORD(v, ROOT, struct rf_root, 0)->flags & RF_ROOT_KEEP);
}

/* A filter that was checked has no unreachable instruction: what it can return is what stands in it. */
static bool notifies(const struct rf_view *v, uint32_t type) {
    const struct rf_insn *insns = v->records[type];
    for (uint32_t i = 0; i < v->count[type]; i++) {
        if (insns[i].code == (BPF_RET | BPF_K) && insns[i].k == SECCOMP_RET_USER_NOTIF) return true;
    }
    return false;
}

/* What a filter that was checked returns for a call of its own machine, if it finds it by comparing architecture and number;
 * else notify: it hangs on something else. */
static uint32_t answer(const struct rf_insn *insn, uint32_t arch, uint32_t number) {
    uint32_t a = 0;
    for (;; insn++) {
        uint32_t code = insn->code, k = insn->k;
        if (code == (BPF_JMP | BPF_JA)) {
            insn += k;
        } else if ((code | BPF_JGE) == (BPF_JMP | BPF_JGE)) {
            /* JGE is both of these bits */
            insn += code & (a == k ? BPF_JEQ : a > k ? BPF_JGT : 0) ? insn->jt : insn->jf;
        } else if (code == (BPF_LD | BPF_W | BPF_ABS) && k <= 4) {
            a = k ? arch : number;
        } else {
            return code == (BPF_RET | BPF_K) ? k : SECCOMP_RET_USER_NOTIF;
        }
    }
}

/* execve is to start the program: allowed, or allowed and logged, which are the highest of the answers if kill is taken for
 * negative.  exit_group is to end a launch that failed: of a notification nobody may be there to take notice. */
static bool can_start(const struct rf_insn *insns, uint32_t arch) {
    bool x86 = arch == AUDIT_ARCH_X86_64;
    return (int32_t)answer(insns, arch, x86 ? 59 : 221) >= (int32_t)SECCOMP_RET_LOG &&
           answer(insns, arch, x86 ? 231 : 94) != SECCOMP_RET_USER_NOTIF;
}

static enum rf_blob_error check_filters(const struct rf_view *v) {
    static const uint32_t archs[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64, AUDIT_ARCH_RISCV64};
    const struct rf_confine *c = RF_RECORD(v, CONFINE, struct rf_confine, 0);
    bool none = c->flags & RF_CONFINE_NO_FILTER, any = false, notify = false;
    for (uint32_t i = 0; i < sizeof archs / sizeof archs[0]; i++) {
        uint32_t type = RF_FILTER_X86_64 + i;
        if (v->count[type] == 0) continue;
        enum rf_blob_error error = rf_view_check_filter(v->records[type], v->count[type], archs[i]);
        if (error) return error;
        if (!can_start(v->records[type], archs[i])) return RF_BLOB_E_RULE;
        any = true;
        notify |= notifies(v, type);
    }
    if (any == none) return RF_BLOB_E_SECTION;
    /* nobody would answer, or somebody would be waited for who has nothing to answer */
    if (notify == text_absent(&c->notify_socket)) return RF_BLOB_E_RULE;
    return !notify || rf_text_gives_path(v, &c->notify_socket) ? RF_BLOB_OK : RF_BLOB_E_RULE;
}

enum rf_blob_error rf_rules_check(const struct rf_view *v) {
    bool good = parameters_ok(v) && cgroup_ok(v) && fills_ok(v) && namespaces_ok(v) && root_ok(v) && mounts_ok(v) &&
                paths_ok(v, RF_MASKS) && paths_ok(v, RF_READ_ONLY) && devices_ok(v) && limits_ok(v) && process_ok(v) &&
                landlock_ok(v) && tuning_ok(v) && bits_ok(v, RF_CPUS) && bits_ok(v, RF_NODES) && domainname_ok(v) &&
                sysctls_ok(v) && service_ok(v) && attend_ok(v);
    return good ? check_filters(v) : RF_BLOB_E_RULE;
}
