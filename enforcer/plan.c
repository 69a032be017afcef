/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"
#include "confine.h"
#include "furnish.h"
#include "landlock.h"
#include "limit.h"
#include "line.h"
#include "load.h"
#include "notify.h"
#include "params.h"
#include "terminal.h"

static bool said; /* since the last step */

/* One indented line. */
#define say(format, ...) say_packed(RF_WORDS(format), ##__VA_ARGS__)
__attribute__((format(printf, 1, 2))) static void say_packed(const char *format, ...) {
    static char text[4 * RF_PAGE];
    struct rf_line line = RF_LINE(text);
    va_list arguments;
    va_start(arguments, format);
    said = true;
    rf_line_text(&line, "      ");
    rf_line_arguments(&line, format, arguments, false);
    va_end(arguments);
    rf_fail_print(1, text);
}

static const char *string(const struct rf_launch *launch, struct rf_str s) {
    return rf_view_string(&launch->view, s);
}

static const char *value_of(const struct rf_launch *launch, const struct rf_text *text) {
    static char value[RF_PAGE];
    rf_params_text(launch, text, value, sizeof value, RF_STEP(PLAN));
    return value;
}

#define COUNT(type)         rf_view_count(&launch->view, RF_##type)
#define AT(type, record, i) RF_RECORD(&launch->view, type, struct record, i)

/* A string of each record of a section. */
#define SAY_ALL(format, type, record, member)                                                                          \
    for (uint32_t i = 0; i < COUNT(type); i++) say(format, string(launch, AT(type, record, i)->member))

void rf_plan_limits(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < COUNT(CGROUP); i++)
        say("in " RF_LIMIT_NAMED "%s", value_of(launch, &AT(CGROUP, rf_cgroup, i)->name));
    for (uint32_t i = 0; i < COUNT(LIMITS); i++) {
        const struct rf_limit *l = AT(LIMITS, rf_limit, i);
        say("%s%s = %s%s", l->version == 1 ? "cgroup v1: " : "cgroup v2: ", string(launch, l->file),
            string(launch, l->text), l->flags & RF_LIMIT_OPTIONAL ? " (optional)" : "");
    }
    for (uint32_t i = 0; i < COUNT(IO); i++) say("disk of %s", value_of(launch, &AT(IO, rf_io, i)->device));
}

void rf_plan_notify(const struct rf_launch *launch) {
    if (rf_notify_wanted(launch)) say("%s", value_of(launch, &launch->confine->notify_socket));
}

void rf_plan_clone(const struct rf_launch *launch) {
    static const struct {
        uint32_t kind;
        char name[8];
    } kinds[] = {{CLONE_NEWUSER, "user"},     {CLONE_NEWNS, "mount"}, {CLONE_NEWPID, "pid"},
                 {CLONE_NEWNET, "network"},   {CLONE_NEWIPC, "ipc"},  {CLONE_NEWUTS, "uts"},
                 {CLONE_NEWCGROUP, "cgroup"}, {CLONE_NEWTIME, "time"}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (rf_launch_new(launch, kinds[i].kind)) say("new %s namespace", kinds[i].name);
}

void rf_plan_maps(const struct rf_launch *launch) {
    if (launch->ns->flags & RF_NS_MAP_SELF) say("the payload's ids are the launcher's outside");
    for (uint32_t i = 0; i < COUNT(ID_MAPS); i++) {
        const struct rf_id_map *m = AT(ID_MAPS, rf_id_map, i);
        say("%s%u inside is %u outside, %u of them", m->kind ? "gid " : "uid ", m->inside, m->outside, m->size);
    }
}

void rf_plan_joins(const struct rf_launch *launch) {
    SAY_ALL("%s", JOINS, rf_join, path);
}

void rf_plan_hostname(const struct rf_launch *launch) {
    if (rf_params_present(&launch->ns->hostname)) say("%s", value_of(launch, &launch->ns->hostname));
    if (COUNT(DOMAINNAME)) say("domain %s", value_of(launch, &AT(DOMAINNAME, rf_domainname, 0)->text));
}

void rf_plan_sysctls(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < COUNT(SYSCTLS); i++) {
        const struct rf_sysctl *s = AT(SYSCTLS, rf_sysctl, i);
        say("%s = %s", string(launch, s->name), string(launch, s->value));
    }
}

void rf_plan_root(const struct rf_launch *launch) {
    if (launch->root->flags & RF_ROOT_KEEP)
        say("none: the payload keeps the mounts it is started in");
    else
        say("%s%s", value_of(launch, &launch->root->path),
            launch->root->flags & RF_ROOT_WRITABLE ? ", writable" : ", read-only");
}

void rf_plan_proc(const struct rf_launch *launch) {
    say("%s", launch->root->proc == RF_PROC_NONE   ? "none"
              : launch->root->proc == RF_PROC_PIDS ? "own processes only"
                                                   : "full");
}

void rf_plan_sys(const struct rf_launch *launch) {
    say("%s", launch->root->sys == RF_SYS_NONE ? "none" : "read-only");
}

void rf_plan_devices(const struct rf_launch *launch) {
    SAY_ALL("/dev/%s", DEVICES, rf_device, name);
    if (launch->service->notify_socket) say("/dev/notify");
}

void rf_plan_terminal(const struct rf_launch *launch) {
    if (rf_terminal_wanted(launch)) say("/dev/pts and /dev/ptmx");
}

void rf_plan_mounts(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < COUNT(MOUNTS); i++) {
        const struct rf_mount *m = AT(MOUNTS, rf_mount, i);
        char size[40] = "";
        if (m->size) RF_PRINT(size, " of %lu bytes", m->size);
        say("%s: %s%s%s%s%s%s", string(launch, m->target),
            m->kind == RF_MOUNT_BIND ? value_of(launch, &m->source) : rf_furnish_kinds[m->kind], size,
            m->flags & RF_MOUNT_WRITABLE ? ", writable" : ", read-only",
            m->flags & RF_MOUNT_RECURSIVE ? ", with what is mounted below" : "",
            m->flags & RF_MOUNT_NOEXEC ? ", noexec" : "", m->flags & RF_MOUNT_ID_MAP ? ", owners by the id maps" : "");
    }
}

void rf_plan_masks(const struct rf_launch *launch) {
    SAY_ALL("%s", MASKS, rf_path, path);
}

void rf_plan_read_only(const struct rf_launch *launch) {
    SAY_ALL("%s", READ_ONLY, rf_path, path);
}

void rf_plan_cwd(const struct rf_launch *launch) {
    say("%s", string(launch, launch->process->cwd));
}

void rf_plan_init(const struct rf_launch *launch) {
    if (launch->process->init != RF_INIT_REAPER) say("none: the first process is the payload");
    said = true; /* the step's own words tell of the reaper */
}

static void say_members(const struct rf_launch *launch, const char *what, enum rf_section_type type) {
    const struct rf_bits *words = launch->view.records[type];
    for (uint32_t n = 0; n < 64 * launch->view.count[type]; n++)
        if (words[n / 64].bits >> n % 64 & 1) say("%s %u", what, n);
}

void rf_plan_tuning(const struct rf_launch *launch) {
    say_members(launch, "processor", RF_CPUS);
    for (uint32_t i = 0; i < COUNT(TUNING); i++) {
        const struct rf_tuning *t = AT(TUNING, rf_tuning, i);
        say("%s %ld", rf_chars_nth(rf_confine_tuning_names, t->kind), t->value);
        if (t->priority) say("priority %u", t->priority);
    }
    say_members(launch, "memory node", RF_NODES);
}

void rf_plan_oom(const struct rf_launch *launch) {
    if (launch->process->flags & RF_PROCESS_SET_OOM)
        say("%d", launch->process->oom_score_adj);
    else
        say("left as it is");
}

static const char *rlimit(char text[24], uint64_t value) {
    if (value == RF_UNLIMITED)
        rf_line_print(text, 24, "unlimited");
    else
        rf_line_print(text, 24, "%lu", value);
    return text;
}

void rf_plan_rlimits(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < COUNT(RLIMITS); i++) {
        const struct rf_rlimit *r = AT(RLIMITS, rf_rlimit, i);
        char soft[24], hard[24];
        say("%s: soft %s, hard %s", rf_chars_nth(rf_confine_rlimit_names, r->resource), rlimit(soft, r->soft),
            rlimit(hard, r->hard));
    }
}

void rf_plan_umask(const struct rf_launch *launch) {
    say("%o", launch->process->umask);
}

void rf_plan_identity(const struct rf_launch *launch) {
    say("uid %u, gid %u", launch->process->uid, launch->process->gid);
    for (uint32_t i = 0; i < COUNT(GROUPS); i++) say("group %u", AT(GROUPS, rf_group, i)->gid);
    for (uint32_t n = 0; n < 64; n++)
        if (launch->confine->capabilities >> n & 1) say("CAP_%s", rf_fail_capability(n));
    if (launch->confine->capabilities == 0) say("no capability");
}

void rf_plan_program(const struct rf_launch *launch) {
    const char *first = launch->options->program[0];
    if (COUNT(ARGS) > 0) first = string(launch, AT(ARGS, rf_arg, 0)->text);
    say("%s", first ? first : "(none named)");
}

/* What of a word's bits from the lowest on is set. */
static void say_bits(const char *what, uint32_t bits, const char *a, const char *b, const char *c) {
    if (bits) say("%s:%s%s%s", what, bits & 1 ? a : "", bits & 2 ? b : "", bits & 4 ? c : "");
}

void rf_plan_landlock(const struct rf_launch *launch) {
    const struct rf_landlock *l = rf_landlock_of(launch);
    char port[24];
    if (!l) return;
    say("ABI %u (Linux %u.%u) or later", l->abi, RF_LANDLOCK_LINUX(l->abi));
    for (uint32_t i = 0; i < COUNT(LANDLOCK_PATHS); i++) {
        const struct rf_landlock_path *p = AT(LANDLOCK_PATHS, rf_landlock_path, i);
        say_bits(string(launch, p->path), p->access, " read", " write", " execute");
    }
    say_bits("TCP with listed ports only", l->ports, " bind", " connect", "");
    for (uint32_t i = 0; i < COUNT(LANDLOCK_PORTS); i++) {
        const struct rf_landlock_port *p = AT(LANDLOCK_PORTS, rf_landlock_port, i);
        RF_PRINT(port, "port %u", p->port);
        say_bits(port, p->access, " bind", " connect", "");
    }
    say_bits("refused beyond the payload", l->scope, " abstract_unix", " signal", "");
}

void rf_plan_fds(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < COUNT(KEEP_FDS); i++)
        say("%u (%s)", AT(KEEP_FDS, rf_keep_fd, i)->fd, string(launch, AT(KEEP_FDS, rf_keep_fd, i)->name));
    if (launch->service->listen_fds) say("those of LISTEN_FDS");
}

void rf_plan_seccomp(const struct rf_launch *launch) {
    uint32_t count;
    rf_load_filter(launch, &count);
    if (launch->confine->flags & RF_CONFINE_NO_FILTER)
        say("none: the policy says so");
    else
        say("%u instructions", count);
}

static void print_stage(const struct rf_launch *launch, enum rf_stage stage, const char *title, uint32_t *number) {
    const char *words = rf_launch_words[stage];
    rf_fail_print(1, title);
    for (const struct rf_step *step = rf_launch_steps[stage]; step->run; step++) {
        char text[160];
        struct rf_line line = RF_LINE(text);
        ++*number;
        rf_line_format(&line, "%s%u. ", *number < 10 ? "   " : "  ", *number);
        rf_line_packed(&line, words);
        rf_fail_print(1, text);
        words += rf_chars_length(words) + 1;
        said = false;
        if (step->plan) step->plan(launch);
        if (step->plan && !said) say("(nothing)");
    }
}

void rf_plan_print(const struct rf_launch *launch) {
    uint32_t number = 0;
    print_stage(launch, RF_BEFORE_CLONE, "The launcher:", &number);
    bool same = launch->service->supervision == RF_SAME_PROCESS;
    rf_fail_print(1,
                  same ? "Then it goes on in place, in:" : "Then it clones the first process, into the leaf and into:");
    rf_plan_clone(launch);
    print_stage(launch, RF_IN_CHILD, "The first process:", &number);
    print_stage(launch, RF_IN_PAYLOAD, "The process that becomes the payload:", &number);
    if (!same) rf_fail_print(1, "Then the launcher passes signals on, and removes the leaf at the end.");
    for (uint32_t i = 0; i < COUNT(ATTEND); i++) {
        const struct rf_attend *a = AT(ATTEND, rf_attend, i);
        if (a->flags & RF_ATTEND_STOP) say("SIGKILL %lu ms after a SIGTERM", a->stop_timeout);
        if (a->time_limit) say("SIGTERM after %lu ms, SIGKILL %lu ms later", a->time_limit, a->stop_timeout);
    }
}
