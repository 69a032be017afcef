/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "merge.h"
#include "parameters.h"

#include <inttypes.h>
#include <string.h>

struct span rf_check_place(const struct file *file) {
    if (file->own.name.set) return file->own.name.at;
    return (struct span){file->source, 1, 1, 1, 2};
}

bool rf_check_is_base(const struct file *file) {
    return file->own.kind.set && file->own.kind.num == 1;
}

void rf_check_required(struct compile_context *c, const struct file *file) {
    if (file->own.kind.bad || file->own.extends.bad || file->lacks_bases) return;
    for (size_t k = 0; k < KEY_COUNT; k++) {
        if (!(rf_keys[k].flags & F_REQUIRED) || file->merged.all[k].set || file->own.all[k].bad || k == K_ringfence)
            continue;
        if (rf_check_is_base(file) && k != K_name) continue;
        struct diag *d = rf_diag(c->diags, D_MISSING_KEY, rf_check_place(file), "'%s' is not stated and not inherited",
                                 rf_keys[k].path);
        rf_diag_help(c->diags, d, "%s", rf_keys[k].doc);
    }
    const struct policy *p = &file->merged;
    bool none = p->seccomp_mode.set, bad = file->own.seccomp_default.bad || file->own.seccomp_mode.bad;
    if (!none && !p->seccomp_default.set && !bad && !rf_check_is_base(file)) {
        struct diag *d =
            rf_diag(c->diags, D_MISSING_KEY, rf_check_place(file), "'seccomp.default' is not stated and not inherited");
        rf_diag_help(c->diags, d,
                     "write seccomp: {default: errno(EPERM), allow: [...]}, or seccomp: none for no filter at all");
    }
}

void rf_check_contradiction(struct compile_context *c, struct span at, struct span other, const char *message,
                            const char *help) {
    struct diag *d = rf_diag(c->diags, D_CONTRADICTION, at, "%s", message);
    if (other.source && other.source->order != UINT32_MAX - 1) rf_diag_other(c->diags, d, other, "because of this");
    rf_diag_help(c->diags, d, "%s", help);
}

static void check_namespaces(struct compile_context *c, const struct file *file) {
    const struct policy *p = &file->merged;
    bool pid_new = p->namespaces_pid.num == NS_NEW;
    bool user_new = p->namespaces_user.num == NS_NEW || p->namespaces_user.num == NS_CUSTOM;
    bool time_new = p->namespaces_time.num == NS_NEW || p->namespaces_time.num == NS_CUSTOM;
    bool reaper = p->process_init.set ? p->process_init.num == 1 : pid_new;
    if (reaper && !pid_new)
        rf_check_contradiction(c, p->process_init.at, p->namespaces_pid.at, "a reaper without a new pid namespace",
                               "a reaper is pid 1: write namespaces: {pid: new}, or init: none");
    if (time_new && user_new && !reaper)
        rf_check_contradiction(c, p->namespaces_time.at, p->namespaces_user.at,
                               "a new time namespace inside a new user namespace without a reaper",
                               "the offsets can only be set between two forks: write process: {init: reaper}");
    if (p->hostname.set && p->namespaces_uts.num != NS_NEW)
        rf_check_contradiction(c, p->hostname.at, p->namespaces_uts.at, "a host name without a new uts namespace",
                               "it would rename the host: write namespaces: {uts: new}");
    if (p->namespaces_user.num == NS_JOIN && p->process_groups.set && rf_merge_count(&p->process_groups))
        rf_check_contradiction(c, p->process_groups.at, p->namespaces_user.at,
                               "supplementary groups with a joined user namespace",
                               "the maps of the joined namespace are not known here");
}

static bool mapped(const struct value *user, const char *which, uint64_t id) {
    for (size_t i = 0; i < user->count; i++) {
        const struct item *m = &user->items[i];
        uint64_t inside = RF_FIELD(m, id_map, inside).num, size = RF_FIELD(m, id_map, size).num;
        if (strcmp(m->name, which) == 0 && id >= inside && id - inside < size) return true;
    }
    return false;
}

static void want_mapped(struct compile_context *c, const struct value *user, const char *which, uint64_t id,
                        struct span at, const char *what) {
    if (mapped(user, which, id)) return;
    struct diag *d = rf_diag(c->diags, D_BAD_MAP, at, "%s %" PRIu64 " is not in the %s map", what, id, which);
    rf_diag_other(c->diags, d, user->at, "the maps");
}

/* Nobody owns what the launch makes for an id that is not mapped. */
static void check_owners(struct compile_context *c, const struct policy *p) {
    static const struct {
        const char *which, *what;
        size_t field;
    } owners[] = {{"uid", "the mount's uid", FIELD_mount_uid}, {"gid", "the mount's gid", FIELD_mount_gid}};
    const struct value *user = &p->namespaces_user;
    if (user->num != NS_CUSTOM && user->num != NS_NEW) return;
    for (size_t i = 0; i < 2 * p->root_mounts.count; i++) {
        const struct item *m = &p->root_mounts.items[i / 2];
        const struct value *id = &m->fields[owners[i % 2].field];
        const struct value *own = i % 2 ? &p->process_gid : &p->process_uid;
        struct span at = id->set ? id->at : m->at;
        if (m->gone || !(RF_FIELD(m, mount, tmpfs).set || RF_FIELD(m, mount, content).set || id->set)) continue;
        if (user->num == NS_CUSTOM) {
            want_mapped(c, user, owners[i % 2].which, id->num, at, owners[i % 2].what);
        } else if (own->set && id->num != own->num) {
            struct diag *d =
                rf_diag(c->diags, D_BAD_MAP, at, "%s %" PRIu64 " is not mapped", owners[i % 2].what, id->num);
            rf_diag_other(c->diags, d, user->at, "only process.%s is", owners[i % 2].which);
            rf_diag_help(c->diags, d, "write %s: %" PRIu64, owners[i % 2].which, own->num);
        }
    }
}

static bool overlap(uint64_t a, uint64_t an, uint64_t b, uint64_t bn) {
    return a < b + bn && b < a + an;
}

static void check_id_maps(struct compile_context *c, const struct file *file) {
    const struct policy *p = &file->merged;
    const struct value *user = &p->namespaces_user;
    if (user->num == NS_NEW && rf_merge_count(&p->process_groups))
        rf_check_contradiction(c, p->process_groups.at, user->at,
                               "supplementary groups in a user namespace that maps one id",
                               "write maps: user: {uid_map: [...], gid_map: [...]}");
    check_owners(c, p);
    if (user->num != NS_CUSTOM) return;
    for (size_t i = 0; i < user->count; i++) {
        const struct item *a = &user->items[i];
        uint64_t size = RF_FIELD(a, id_map, size).num, inside = RF_FIELD(a, id_map, inside).num,
                 outside = RF_FIELD(a, id_map, outside).num;
        if (inside + size > UINT32_MAX || outside + size > UINT32_MAX)
            rf_diag(c->diags, D_BAD_MAP, a->at, "the range ends above 4294967294");
        for (size_t j = 0; j < i; j++) {
            const struct item *b = &user->items[j];
            if (strcmp(a->name, b->name) != 0) continue;
            bool in = overlap(inside, size, RF_FIELD(b, id_map, inside).num, RF_FIELD(b, id_map, size).num);
            bool out = overlap(outside, size, RF_FIELD(b, id_map, outside).num, RF_FIELD(b, id_map, size).num);
            if (!in && !out) continue;
            struct diag *d = rf_diag(c->diags, D_BAD_MAP, a->at, "two ranges overlap %s", in ? "inside" : "outside");
            rf_diag_other(c->diags, d, b->at, "the other range");
        }
    }
    want_mapped(c, user, "uid", p->process_uid.num, p->process_uid.at, "process.uid");
    want_mapped(c, user, "gid", p->process_gid.num, p->process_gid.at, "process.gid");
    for (size_t i = 0; i < p->process_groups.count; i++)
        if (!p->process_groups.items[i].gone)
            want_mapped(c, user, "gid", p->process_groups.items[i].num, p->process_groups.items[i].at, "group");
}

static void check_resources(struct compile_context *c, const struct file *file) {
    const struct policy *p = &file->merged;
    bool memory = p->memory_max.set && p->memory_max.num != RF_UNLIMITED;
    if (p->memory_swap_max.set && p->memory_swap_max.num != RF_UNLIMITED && !memory)
        rf_check_contradiction(
            c, p->memory_swap_max.at, p->memory_max.at, "swap.max without memory.max",
            "hosts with cgroup v1 can only limit the sum of the two: write resources.memory.max too");
    if (memory && p->memory_max.parameter && p->memory_swap_max.parameter)
        rf_check_contradiction(
            c, p->memory_swap_max.at, p->memory_max.at, "memory.max and swap.max are both parameters",
            "hosts with cgroup v1 limit the sum of the two: only one of them can be left to the launch");
    if (memory && p->memory_swap_max.set && p->memory_swap_max.num != RF_UNLIMITED &&
        rf_parameter_most(p, &p->memory_max) + rf_parameter_most(p, &p->memory_swap_max) > INT64_MAX)
        rf_diag(c->diags, D_OUT_OF_RANGE, p->memory_swap_max.at,
                "memory.max and swap.max together are more than the kernel can count");
    for (size_t i = 0; i < p->io.count; i++) {
        const struct item *io = &p->io.items[i];
        bool any = false;
        for (size_t f = 0; f < FIELD_COUNT; f++)
            any = any || (!strcmp(rf_fields[f].record, "io") && f != FIELD_io_device && io->fields[f].set);
        if (!any)
            rf_diag(c->diags, D_MISSING_FIELD, io->at,
                    "this entry of resources.io limits nothing: say rbps, wbps, riops or wiops");
    }
}

static void check_process(struct compile_context *c, const struct file *file) {
    const struct policy *p = &file->merged;
    if (p->process_args.set && !p->process_args.count)
        rf_diag(c->diags, D_MISSING_FIELD, p->process_args.at, "process.args is empty: it starts with the program");
    if (p->process_args.count && !p->process_args.items[0].text[0] && !p->process_args.items[0].parameter)
        rf_diag(c->diags, D_BAD_PATH, p->process_args.items[0].at, "the program's name is empty");
    for (size_t i = 0; i < p->process_pass_env.count; i++) {
        const struct item *pass = &p->process_pass_env.items[i], *env = rf_item_find(&p->process_env, pass->name);
        if (pass->gone || !env || env->gone) continue;
        struct diag *d = rf_diag(c->diags, D_CONTRADICTION, pass->at, "'%s' is both passed and set", pass->name);
        if (!env->origin->is_preset) rf_diag_other(c->diags, d, env->at, "set here");
        rf_diag_help(c->diags, d, "delete it from process.env with null, or from process.pass_env");
    }
    if (p->arch.set && !p->arch.count) rf_diag(c->diags, D_MISSING_FIELD, p->arch.at, "arch names no machine");
}

/* What the compiled form has room for; a file's own lists are bounded, but many bases unite. */
static void check_counts(struct compile_context *c, const struct file *file) {
    static const uint32_t most[] = {
#define SECTION(type, record, fewest, most) [RF_##type] = (most),
#include "../schemas/blob/sections.def"
    };
    static const struct {
        enum key_id key;
        enum rf_section_type section;
    } lists[] = {
        {K_parameters, RF_PARAMETERS}, {K_namespaces_user, RF_ID_MAPS},  {K_root_mounts, RF_MOUNTS},
        {K_root_mask, RF_MASKS},       {K_root_read_only, RF_READ_ONLY}, {K_io, RF_IO},
        {K_process_args, RF_ARGS},     {K_process_env, RF_ENV},          {K_process_pass_env, RF_PASS_ENV},
        {K_process_groups, RF_GROUPS}, {K_sysctls, RF_SYSCTLS},          {K_process_keep_fds, RF_KEEP_FDS},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const struct value *v = &file->merged.all[lists[i].key];
        size_t n = rf_merge_count(v);
        if (lists[i].key == K_root_mounts) n += rf_merge_count(&file->merged.root_writable); /* an overlay */
        if (n > most[lists[i].section])
            rf_diag(c->diags, D_TOO_MANY, v->at, "%s has %zu entries; %u are the limit", rf_keys[lists[i].key].path, n,
                    most[lists[i].section]);
    }
}

void rf_check(struct compile_context *c, const struct file *file) {
    static void (*const checks[])(struct compile_context *, const struct file *) = {
        rf_check_required, check_counts,    rf_check_parameters, check_process,    check_namespaces,  check_id_maps,
        rf_check_root,     check_resources, rf_check_tuning,     rf_check_seccomp, rf_check_landlock, rf_check_service,
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) checks[i](c, file);
    if (rf_diags_errors(c->diags) == 0) rf_check_seal(c, file);
}
