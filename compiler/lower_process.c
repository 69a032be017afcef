/* SPDX-License-Identifier: Apache-2.0 */
/* Process, namespaces, capabilities. */
#include "lower.h"
#include "names.h"

#include <inttypes.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>

static void lower_args(struct lower *l) {
    const struct value *args = &l->p->process_args;
    struct rf_arg *out = RF_LOWER_RECORDS(l, ARGS, struct rf_arg, args->count);
    for (size_t i = 0; i < args->count; i++) {
        out[i].text = rf_lower_filled(l, RF_ARGS, i, "", &args->items[i]);
        rf_lower_note(l, RF_ARGS, (uint32_t)i, args->items[i].at);
    }
}

static void lower_env(struct lower *l) {
    size_t n;
    const struct item **env = rf_lower_sorted(l, &l->p->process_env, &n);
    struct rf_arg *out = RF_LOWER_RECORDS(l, ENV, struct rf_arg, n);
    for (size_t i = 0; i < n; i++) {
        out[i].text = rf_lower_filled(l, RF_ENV, i, rf_arena_printf(l->c->arena, "%s=", env[i]->name), env[i]);
        rf_lower_note(l, RF_ENV, (uint32_t)i, env[i]->at);
    }
    const struct item **pass = rf_lower_sorted(l, &l->p->process_pass_env, &n);
    struct rf_pass_env *passed = RF_LOWER_RECORDS(l, PASS_ENV, struct rf_pass_env, n);
    for (size_t i = 0; i < n; i++) {
        passed[i].name = rf_lower_string(l, pass[i]->name);
        if (rf_lower_is_optional(l, rf_arena_printf(l->c->arena, "process.pass_env.%s", pass[i]->name)))
            passed[i].flags = RF_PASS_ENV_OPTIONAL;
        rf_lower_note(l, RF_PASS_ENV, (uint32_t)i, pass[i]->at);
    }
}

static int by_number(const void *pa, const void *pb) {
    const struct item *a = *(const struct item *const *)pa, *b = *(const struct item *const *)pb;
    return a->num < b->num ? -1 : a->num > b->num;
}

static const struct item **sorted_by_number(struct lower *l, const struct value *v, size_t *n) {
    const struct item **list = rf_lower_sorted(l, v, n);
    if (*n) qsort(list, *n, sizeof *list, by_number);
    return list;
}

static void lower_groups_and_limits(struct lower *l) {
    size_t n;
    const struct item **groups = sorted_by_number(l, &l->p->process_groups, &n);
    struct rf_group *out = RF_LOWER_RECORDS(l, GROUPS, struct rf_group, n);
    for (size_t i = 0; i < n; i++) {
        out[i].gid = (uint32_t)groups[i]->num;
        rf_lower_note(l, RF_GROUPS, (uint32_t)i, groups[i]->at);
    }
    const struct item **limits = sorted_by_number(l, &l->p->process_rlimits, &n);
    struct rf_rlimit *rlimits = RF_LOWER_RECORDS(l, RLIMITS, struct rf_rlimit, n);
    for (size_t i = 0; i < n; i++) {
        rlimits[i] = (struct rf_rlimit){(uint32_t)limits[i]->num, 0, limits[i]->low, limits[i]->high};
        rf_lower_note(l, RF_RLIMITS, (uint32_t)i, limits[i]->at);
    }
}

static void lower_identity(struct lower *l) {
    const struct policy *p = l->p;
    struct rf_process *out = RF_LOWER_RECORDS(l, PROCESS, struct rf_process, 1);
    bool pid_new = p->namespaces_pid.num == NS_NEW;
    out->cwd = rf_lower_string(l, p->process_cwd.text);
    out->uid = (uint32_t)p->process_uid.num;
    out->gid = (uint32_t)p->process_gid.num;
    out->init = (p->process_init.set ? p->process_init.num == 1 : pid_new) ? RF_INIT_REAPER : RF_INIT_NONE;
    out->umask = (uint32_t)p->process_umask.num;
    if (p->process_oom_score_adj.set) {
        out->flags |= RF_PROCESS_SET_OOM;
        if (rf_lower_is_optional(l, "process.oom_score_adj")) out->flags |= RF_PROCESS_OOM_OPTIONAL;
        out->oom_score_adj = (int32_t)p->process_oom_score_adj.snum;
    }
    RF_LOWER_NOTE_FIELD(l, PROCESS, struct rf_process, cwd, &p->process_cwd);
    RF_LOWER_NOTE_FIELD(l, PROCESS, struct rf_process, uid, &p->process_uid);
    RF_LOWER_NOTE_FIELD(l, PROCESS, struct rf_process, gid, &p->process_gid);
    RF_LOWER_NOTE_FIELD(l, PROCESS, struct rf_process, init, &p->process_init);
    RF_LOWER_NOTE_FIELD(l, PROCESS, struct rf_process, umask, &p->process_umask);
    RF_LOWER_NOTE_FIELD(l, PROCESS, struct rf_process, oom_score_adj, &p->process_oom_score_adj);
}

/* Where none of the keys says anything there is no record: then the enforcer's own values hold, which are these. */
static void lower_attend(struct lower *l) {
    const struct policy *p = l->p;
    const struct value *limit = &p->process_time_limit, *stop = &p->process_stop_timeout;
    struct rf_attend a = {.stop_timeout = stop->set ? stop->num : RF_STOP_TIMEOUT};
    if (limit->num != RF_UNLIMITED) a.time_limit = limit->num;
    if (p->process_terminal.num == 1) a.flags |= RF_ATTEND_TERMINAL;
    if (stop->set) a.flags |= RF_ATTEND_STOP;
    if (a.flags == 0 && a.time_limit == 0) return;
    *RF_LOWER_RECORDS(l, ATTEND, struct rf_attend, 1) = a;
    RF_LOWER_NOTE_FIELD(l, ATTEND, struct rf_attend, time_limit, limit);
    RF_LOWER_NOTE_FIELD(l, ATTEND, struct rf_attend, stop_timeout, stop);
    RF_LOWER_NOTE_FIELD(l, ATTEND, struct rf_attend, flags, &p->process_terminal);
}

struct kind {
    const struct value *value;
    uint32_t flag;
};

static int by_inside(const void *pa, const void *pb) {
    const struct item *a = *(const struct item *const *)pa, *b = *(const struct item *const *)pb;
    uint64_t inside_a = a->fields[FIELD_id_map_inside].num, inside_b = b->fields[FIELD_id_map_inside].num;
    int kind = strcmp(b->name, a->name); /* uid before gid */
    return kind ? kind : inside_a < inside_b ? -1 : inside_a > inside_b;
}

static void lower_id_maps(struct lower *l) {
    size_t n;
    const struct item **maps = rf_lower_sorted(l, &l->p->namespaces_user, &n);
    struct rf_id_map *out = RF_LOWER_RECORDS(l, ID_MAPS, struct rf_id_map, n);
    if (n) qsort(maps, n, sizeof *maps, by_inside);
    for (size_t i = 0; i < n; i++) {
        const struct value *f = maps[i]->fields;
        out[i] = (struct rf_id_map){strcmp(maps[i]->name, "gid") == 0, (uint32_t)f[FIELD_id_map_inside].num,
                                    (uint32_t)f[FIELD_id_map_outside].num, (uint32_t)f[FIELD_id_map_size].num};
        rf_lower_note(l, RF_ID_MAPS, (uint32_t)i, maps[i]->at);
    }
}

static void lower_hostname(struct lower *l, struct rf_namespaces *out) {
    const struct policy *p = l->p;
    struct value name = {.text = p->name.text};
    out->hostname = RF_TEXT_ABSENT;
    if (p->namespaces_uts.num != NS_NEW) return;
    /* The policy's name is the default: a new uts namespace starts as a copy and would show the host's. */
    out->hostname = rf_lower_text(l, p->hostname.set ? &p->hostname : &name);
    RF_LOWER_NOTE_FIELD(l, NAMESPACES, struct rf_namespaces, hostname, p->hostname.set ? &p->hostname : &p->name);
}

static void lower_namespaces(struct lower *l) {
    const struct policy *p = l->p;
    const struct kind kinds[] = {
        {&p->namespaces_time, 0x80 /* CLONE_NEWTIME */},
        {&p->namespaces_mount, CLONE_NEWNS},
        {&p->namespaces_cgroup, CLONE_NEWCGROUP},
        {&p->namespaces_uts, CLONE_NEWUTS},
        {&p->namespaces_ipc, CLONE_NEWIPC},
        {&p->namespaces_user, CLONE_NEWUSER},
        {&p->namespaces_pid, CLONE_NEWPID},
    };
    struct rf_namespaces *out = RF_LOWER_RECORDS(l, NAMESPACES, struct rf_namespaces, 1);
    struct rf_join joins[sizeof kinds / sizeof *kinds] = {0};
    size_t n = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].value->num == NS_NEW || kinds[i].value->num == NS_CUSTOM) out->create |= kinds[i].flag;
        if (kinds[i].value->num != NS_JOIN) continue;
        rf_lower_note(l, RF_JOINS, (uint32_t)n, kinds[i].value->at);
        joins[n].kind = kinds[i].flag;
        joins[n++].path = rf_lower_string(l, kinds[i].value->text);
    }
    if (n) memcpy(RF_LOWER_RECORDS(l, JOINS, struct rf_join, n), joins, n * sizeof *joins);
    if (p->network_mode.num == 0) out->create |= CLONE_NEWNET;
    if (p->namespaces_user.num == NS_NEW) out->flags |= RF_NS_MAP_SELF;
    if (p->namespaces_time.num == NS_CUSTOM) {
        out->flags |= RF_NS_SET_TIME;
        out->boottime = p->namespaces_time.snum;
        out->monotonic = p->namespaces_time.snum2;
        RF_LOWER_NOTE_FIELD(l, NAMESPACES, struct rf_namespaces, boottime, &p->namespaces_time);
    }
    lower_hostname(l, out);
    lower_id_maps(l);
}

static void lower_capabilities(struct lower *l) {
    struct rf_confine *out = RF_LOWER_RECORDS(l, CONFINE, struct rf_confine, 1);
    const struct value *capabilities = &l->p->capabilities;
    for (size_t i = 0; i < capabilities->count; i++)
        if (!capabilities->items[i].gone) out->capabilities |= UINT64_C(1) << capabilities->items[i].num;
    out->notify_socket = RF_TEXT_ABSENT;
    if (l->p->seccomp_mode.set) out->flags |= RF_CONFINE_NO_FILTER;
    RF_LOWER_NOTE_FIELD(l, CONFINE, struct rf_confine, capabilities, capabilities);
    if (l->p->seccomp_mode.set) RF_LOWER_NOTE_FIELD(l, CONFINE, struct rf_confine, flags, &l->p->seccomp_mode);
}

static uint32_t hand_on(const struct lower *l, const struct value *key, const char *path) {
    return !key->num ? RF_HAND_ON_NOT : rf_lower_is_optional(l, path) ? RF_HAND_ON_IF_THERE : RF_HAND_ON;
}

static void lower_service(struct lower *l) {
    const struct policy *p = l->p;
    const struct rf_service service = {
        .supervision = p->supervision.num == 0 ? RF_SAME_PROCESS : RF_SUPERVISED,
        .listen_fds = hand_on(l, &p->process_listen_fds, "process.listen_fds"),
        .notify_socket = hand_on(l, &p->process_notify_socket, "process.notify_socket"),
    };
    size_t n;
    const struct item **fds = sorted_by_number(l, &p->process_keep_fds, &n);
    struct rf_keep_fd *kept = RF_LOWER_RECORDS(l, KEEP_FDS, struct rf_keep_fd, n);
    for (size_t i = 0; i < n; i++) {
        kept[i] = (struct rf_keep_fd){rf_lower_string(l, fds[i]->name), (uint32_t)fds[i]->num, 0};
        rf_lower_note(l, RF_KEEP_FDS, (uint32_t)i, fds[i]->at);
    }
    if (!(service.supervision | service.listen_fds | service.notify_socket)) return;
    *RF_LOWER_RECORDS(l, SERVICE, struct rf_service, 1) = service;
    RF_LOWER_NOTE_FIELD(l, SERVICE, struct rf_service, supervision, &p->supervision);
    RF_LOWER_NOTE_FIELD(l, SERVICE, struct rf_service, listen_fds, &p->process_listen_fds);
    RF_LOWER_NOTE_FIELD(l, SERVICE, struct rf_service, notify_socket, &p->process_notify_socket);
}

void rf_lower_process(struct lower *l) {
    lower_identity(l);
    lower_attend(l);
    lower_args(l);
    lower_env(l);
    lower_groups_and_limits(l);
    lower_namespaces(l);
    lower_capabilities(l);
    lower_service(l);
}
