/* SPDX-License-Identifier: Apache-2.0 */
/* The rules between the records and fields of a blob; each is in blob.v1.md under its section. */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

#include "reader.h"

#define HOSTNAME_MAX 64u /* __NEW_UTS_LEN */

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
        if (under && (p->type != RF_PARAM_PATH || !rf_text_is_path(under, p->under.length))) return false;
        if (fallback && !rf_view_value_ok(v, p, fallback, p->fallback.length)) return false;
    }
    return true;
}

static bool hostname_ok(const struct rf_view *v, const struct rf_text *t) {
    uint32_t length = rf_text_absent(t->prefix) ? 0 : t->prefix.length;
    if (t->parameter != RF_NONE) {
        const struct rf_parameter *p = RF_RECORD(v, PARAMETERS, struct rf_parameter, t->parameter);
        if (p->type != RF_PARAM_NAME) return false;
        length += p->max_length + (rf_text_absent(t->suffix) ? 0 : t->suffix.length);
    }
    return length >= 1 && length <= HOSTNAME_MAX;
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
    if (ns->flags & RF_NS_SET_TIME) {
        if (!(ns->create & CLONE_NEWTIME)) return false;
    } else if (ns->boottime != 0 || ns->monotonic != 0) {
        return false;
    }
    bool maps = v->count[RF_ID_MAPS] > 0, self = ns->flags & RF_NS_MAP_SELF;
    if (ns->create & CLONE_NEWUSER ? maps == self : maps || self) return false;
    if (!text_absent(&ns->hostname) && (!(ns->create & CLONE_NEWUTS) || !hostname_ok(v, &ns->hostname))) return false;
    return id_maps_ok(v);
}

static bool root_ok(const struct rf_view *v) {
    const struct rf_root *root = RF_RECORD(v, ROOT, struct rf_root, 0);
    bool own = RF_RECORD(v, NAMESPACES, struct rf_namespaces, 0)->create & CLONE_NEWNS;
    if (!(root->flags & RF_ROOT_KEEP)) return own; /* else the mounts would land in someone else's namespace */
    return !own && root->flags == RF_ROOT_KEEP && root->proc == RF_PROC_NONE && root->sys == RF_SYS_NONE &&
           is_literal(v, &root->path, "/", 1) && v->count[RF_MOUNTS] == 0 && v->count[RF_MASKS] == 0 &&
           v->count[RF_READ_ONLY] == 0 && v->count[RF_DEVICES] == 0;
}

/* Whether `path` is `top` or lies below it. */
static bool within(const char *path, uint32_t length, const char *top, uint32_t n) {
    return length >= n && __builtin_memcmp(path, top, n) == 0 && (length == n || path[n] == '/');
}

/* /proc, /sys and /dev are furnished by the enforcer itself; what lies over them would undo its masks. */
static bool target_ok(const struct rf_view *v, struct rf_str target) {
    const char *path = rf_view_string(v, target);
    uint32_t n = target.length;
    if (n == 1 || within(path, n, "/proc", 5) || within(path, n, "/sys", 4)) return false;
    return n != 4 || __builtin_memcmp(path, "/dev", 4) != 0;
}

static bool mount_ok(const struct rf_view *v, const struct rf_mount *m) {
    if (!target_ok(v, m->target)) return false;
    if (m->kind == RF_MOUNT_TMPFS) return text_absent(&m->source) && m->size > 0 && m->flags == RF_MOUNT_WRITABLE;
    if (m->size != 0 || m->mode != 0 || m->uid != 0 || m->gid != 0) return false;
    /* without mount_setattr the mounts below would stay writable */
    if (m->flags == RF_MOUNT_RECURSIVE && !(v->header->required & RF_REQUIRE_MOUNT_SETATTR)) return false;
    return !text_absent(&m->source) && rf_text_gives_path(v, &m->source);
}

static bool mounts_ok(const struct rf_view *v) {
    const struct rf_mount *last = NULL;
    for (uint32_t i = 0; i < v->count[RF_MOUNTS]; i++) {
        const struct rf_mount *m = RF_RECORD(v, MOUNTS, struct rf_mount, i);
        if (!mount_ok(v, m) || (last && compare(v, last->target, m->target) >= 0)) return false;
        last = m;
    }
    return true;
}

/* Of records that begin with their path. */
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

/* Whether an '=' stands in the string, and where. */
static bool find_equals(const struct rf_view *v, struct rf_str s, uint32_t *at) {
    const char *text = rf_view_string(v, s);
    for (*at = 0; *at < s.length; ++*at) {
        if (text[*at] == '=') return true;
    }
    return false;
}

static bool process_ok(const struct rf_view *v) {
    const struct rf_process *p = RF_RECORD(v, PROCESS, struct rf_process, 0);
    if (!(p->flags & RF_PROCESS_SET_OOM) && (p->flags != 0 || p->oom_score_adj != 0)) return false;
    uint32_t at;
    for (uint32_t i = 0; i < v->count[RF_ENV]; i++) {
        if (!find_equals(v, RF_RECORD(v, ENV, struct rf_arg, i)->text, &at) || at == 0) return false;
    }
    for (uint32_t i = 0; i < v->count[RF_PASS_ENV]; i++) {
        if (find_equals(v, RF_RECORD(v, PASS_ENV, struct rf_pass_env, i)->name, &at)) return false;
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
    bool good = parameters_ok(v) && namespaces_ok(v) && root_ok(v) && mounts_ok(v) && paths_ok(v, RF_MASKS) &&
                paths_ok(v, RF_READ_ONLY) && devices_ok(v) && limits_ok(v) && process_ok(v) && landlock_ok(v);
    return good ? check_filters(v) : RF_BLOB_E_RULE;
}
