/* SPDX-License-Identifier: Apache-2.0 */
/* supervision, and what a service manager hands on. */
#include "check.h"

#include <string.h>

static bool has_pid(const struct policy *p) {
    return p->namespaces_pid.num != NS_HOST;
}
static bool has_new_time(const struct policy *p) {
    return p->namespaces_time.num == NS_NEW || p->namespaces_time.num == NS_CUSTOM;
}
static bool has_reaper(const struct policy *p) {
    return p->process_init.set && p->process_init.num == 1;
}
static bool has_notifications(const struct policy *p) {
    return p->seccomp_notify_socket.set;
}

static bool has_terminal(const struct policy *p) {
    return p->process_terminal.num != 0;
}
static bool has_time_limit(const struct policy *p) {
    return p->process_time_limit.set && p->process_time_limit.num != RF_UNLIMITED;
}
static bool has_stop_timeout(const struct policy *p) {
    return p->process_stop_timeout.set && !p->process_stop_timeout.origin->is_preset;
}

/* What needs a fork, or someone beside the program: a key that does adds its line. */
static const struct {
    enum key_id key;
    bool (*wants)(const struct policy *p);
    const char *message, *help;
} beside[] = {
    {K_namespaces_pid, has_pid, "supervision: same with a new or joined pid namespace",
     "only a child can be in it: write namespaces: {pid: host}"},
    {K_namespaces_time, has_new_time, "supervision: same with a new time namespace",
     "only a child can be in it: write namespaces: {time: host}"},
    {K_process_init, has_reaper, "supervision: same with a reaper",
     "the program would be its child: write process: {init: none}"},
    {K_seccomp_notify_socket, has_notifications, "supervision: same with notifications",
     "they are for programs that are supervised: write supervision: supervised"},
    {K_process_terminal, has_terminal, "supervision: same with a pseudo-terminal",
     "nobody would carry what is typed and printed: write supervision: supervised"},
    {K_process_time_limit, has_time_limit, "supervision: same with a time limit",
     "nobody would stop the program: write supervision: supervised, or let the service manager (RuntimeMaxSec=)"},
    {K_process_stop_timeout, has_stop_timeout, "supervision: same with a time for stopping",
     "nobody would stop the program: write supervision: supervised, or let the service manager (TimeoutStopSec=)"},
};

static void check_same(struct compile_context *c, const struct policy *p) {
    if (!p->supervision.set || p->supervision.num != 0) return;
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        if (beside[i].wants(p))
            rf_check_contradiction(c, p->supervision.at, p->all[beside[i].key].at, beside[i].message, beside[i].help);
}

static void check_numbers(struct compile_context *c, const struct value *fds) {
    for (size_t i = 0; i < fds->count; i++)
        for (size_t k = 0; k < i; k++)
            if (!fds->items[i].gone && !fds->items[k].gone && fds->items[i].num == fds->items[k].num)
                rf_check_contradiction(c, fds->items[i].at, fds->items[k].at, "one descriptor under two names",
                                       "a descriptor is kept once, under the number that it has");
}

/* Variables that the launch makes must not come from elsewhere too. */
static void check_variables(struct compile_context *c, const struct policy *p, const struct value *key,
                            const char *const *names) {
    if (!key->num) return;
    for (; *names; names++) {
        const struct item *set = rf_item_find(&p->process_env, *names),
                          *passed = rf_item_find(&p->process_pass_env, *names);
        const struct item *other = set && !set->gone ? set : passed && !passed->gone ? passed : NULL;
        if (other)
            rf_check_contradiction(c, other->at, key->at,
                                   rf_arena_printf(c->arena, "'%s' is set by the launch", *names),
                                   "leave it out of process.env and process.pass_env");
    }
}

static void check_socket(struct compile_context *c, const struct policy *p) {
    const struct value *key = &p->process_notify_socket;
    if (!key->num) return;
    if (p->namespaces_mount.num == NS_JOIN)
        rf_check_contradiction(c, key->at, p->namespaces_mount.at, "notify_socket in a joined mount namespace",
                               "nothing is mounted there: bind the socket where that namespace is made");
    const struct item *target = rf_item_find(&p->root_mounts, "/dev/notify");
    if (target && !target->gone)
        rf_check_contradiction(c, target->at, key->at, "a mount over the service manager's socket",
                               "with process.notify_socket /dev/notify is taken");
}

void rf_check_service(struct compile_context *c, const struct file *file) {
    static const char *const listen[] = {"LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", NULL};
    static const char *const notify[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", NULL};
    const struct policy *p = &file->merged;
    check_same(c, p);
    check_numbers(c, &p->process_keep_fds);
    check_variables(c, p, &p->process_listen_fds, listen);
    check_variables(c, p, &p->process_notify_socket, notify);
    check_socket(c, p);
}
