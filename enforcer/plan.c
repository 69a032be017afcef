/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"
#include "line.h"
#include "load.h"
#include "params.h"

static bool said; /* since the last step */

/* One indented line from parts. */
static void say_parts(const char *const *parts) {
    static char text[4 * RF_PAGE];
    struct rf_line line = RF_LINE(text);
    said = true;
    rf_line_text(&line, "      ");
    while (*parts) rf_line_text(&line, *parts++);
    rf_fail_print(1, text);
}
#define SAY(...) say_parts((const char *const[]){__VA_ARGS__, NULL})

static const char *string(const struct rf_launch *launch, struct rf_str s) {
    return rf_view_string(&launch->view, s);
}

static const char *value_of(const struct rf_launch *launch, const struct rf_text *text) {
    static char value[RF_PAGE];
    rf_params_text(launch, text, value, sizeof value, RF_STEP("plan"));
    return value;
}

#define COUNT(type)         rf_view_count(&launch->view, RF_##type)
#define AT(type, record, i) RF_RECORD(&launch->view, type, struct record, i)

void rf_plan_limits(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < COUNT(LIMITS); i++) {
        const struct rf_limit *l = AT(LIMITS, rf_limit, i);
        SAY(l->version == 1 ? "cgroup v1: " : "cgroup v2: ", string(launch, l->file), " = ", string(launch, l->text),
            l->flags & RF_LIMIT_OPTIONAL ? " (optional)" : "");
    }
    for (uint32_t i = 0; i < COUNT(IO); i++) SAY("disk of ", value_of(launch, &AT(IO, rf_io, i)->device));
}

void rf_plan_clone(const struct rf_launch *launch) {
    static const struct {
        uint32_t kind;
        char name[8];
    } kinds[] = {{CLONE_NEWUSER, "user"},     {CLONE_NEWNS, "mount"}, {CLONE_NEWPID, "pid"},
                 {CLONE_NEWNET, "network"},   {CLONE_NEWIPC, "ipc"},  {CLONE_NEWUTS, "uts"},
                 {CLONE_NEWCGROUP, "cgroup"}, {CLONE_NEWTIME, "time"}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (rf_launch_new(launch, kinds[i].kind)) SAY("new ", kinds[i].name, " namespace");
}

void rf_plan_maps(const struct rf_launch *launch) {
    if (launch->ns->flags & RF_NS_MAP_SELF) SAY("the payload's ids are the launcher's outside");
    for (uint32_t i = 0; i < COUNT(ID_MAPS); i++) {
        const struct rf_id_map *m = AT(ID_MAPS, rf_id_map, i);
        SAY(m->kind ? "gid " : "uid ", RF_DECIMAL(m->inside), " inside is ", RF_DECIMAL(m->outside), " outside, ",
            RF_DECIMAL(m->size), " of them");
    }
}

void rf_plan_joins(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < COUNT(JOINS); i++) SAY(string(launch, AT(JOINS, rf_join, i)->path));
}

void rf_plan_hostname(const struct rf_launch *launch) {
    if (rf_params_present(&launch->ns->hostname)) SAY(value_of(launch, &launch->ns->hostname));
}

void rf_plan_root(const struct rf_launch *launch) {
    if (launch->root->flags & RF_ROOT_KEEP)
        SAY("none: the payload keeps the mounts it is started in");
    else
        SAY(value_of(launch, &launch->root->path),
            launch->root->flags & RF_ROOT_WRITABLE ? ", writable" : ", read-only");
}

void rf_plan_proc(const struct rf_launch *launch) {
    SAY(launch->root->proc == RF_PROC_NONE   ? "none"
        : launch->root->proc == RF_PROC_PIDS ? "own processes only"
                                             : "full");
}

void rf_plan_sys(const struct rf_launch *launch) {
    SAY(launch->root->sys == RF_SYS_NONE ? "none" : "read-only");
}

void rf_plan_devices(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < COUNT(DEVICES); i++) SAY("/dev/", string(launch, AT(DEVICES, rf_device, i)->name));
}

void rf_plan_mounts(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < COUNT(MOUNTS); i++) {
        const struct rf_mount *m = AT(MOUNTS, rf_mount, i);
        if (m->kind == RF_MOUNT_TMPFS)
            SAY(string(launch, m->target), ": tmpfs of ", RF_DECIMAL(m->size), " bytes");
        else
            SAY(string(launch, m->target), ": ", value_of(launch, &m->source),
                m->flags & RF_MOUNT_WRITABLE ? ", writable" : ", read-only",
                m->flags & RF_MOUNT_RECURSIVE ? ", with what is mounted below" : "");
    }
}

void rf_plan_masks(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < COUNT(MASKS); i++) SAY(string(launch, AT(MASKS, rf_path, i)->path));
}

void rf_plan_read_only(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < COUNT(READ_ONLY); i++) SAY(string(launch, AT(READ_ONLY, rf_path, i)->path));
}

void rf_plan_cwd(const struct rf_launch *launch) {
    SAY(string(launch, launch->process->cwd));
}

void rf_plan_init(const struct rf_launch *launch) {
    if (launch->process->init != RF_INIT_REAPER) SAY("none: the first process is the payload");
}

void rf_plan_oom(const struct rf_launch *launch) {
    char text[16];
    struct rf_line line = RF_LINE(text);
    rf_line_signed(&line, launch->process->oom_score_adj);
    SAY(launch->process->flags & RF_PROCESS_SET_OOM ? text : "left as it is");
}

void rf_plan_rlimits(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < COUNT(RLIMITS); i++) {
        const struct rf_rlimit *r = AT(RLIMITS, rf_rlimit, i);
        SAY("resource ", RF_DECIMAL(r->resource), ": soft ",
            r->soft == RF_UNLIMITED ? "unlimited" : RF_DECIMAL(r->soft), ", hard ",
            r->hard == RF_UNLIMITED ? "unlimited" : RF_DECIMAL(r->hard));
    }
}

void rf_plan_umask(const struct rf_launch *launch) {
    char text[16];
    struct rf_line line = RF_LINE(text);
    rf_line_octal(&line, launch->process->umask);
    SAY(text);
}

void rf_plan_identity(const struct rf_launch *launch) {
    SAY("uid ", RF_DECIMAL(launch->process->uid), ", gid ", RF_DECIMAL(launch->process->gid));
    for (uint32_t i = 0; i < COUNT(GROUPS); i++) SAY("group ", RF_DECIMAL(AT(GROUPS, rf_group, i)->gid));
    for (uint32_t n = 0; n < 64; n++)
        if (launch->confine->capabilities >> n & 1) SAY("CAP_", rf_fail_capability(n));
    if (launch->confine->capabilities == 0) SAY("no capability");
}

void rf_plan_program(const struct rf_launch *launch) {
    const char *first = launch->options->program[0];
    if (COUNT(ARGS) > 0) first = string(launch, AT(ARGS, rf_arg, 0)->text);
    SAY(first ? first : "(none named)");
}

void rf_plan_seccomp(const struct rf_launch *launch) {
    uint32_t count;
    rf_load_filter(launch, &count);
    if (launch->confine->flags & RF_CONFINE_NO_FILTER)
        SAY("none: the policy says so");
    else
        SAY(RF_DECIMAL(count), " instructions");
}

static void print_stage(const struct rf_launch *launch, enum rf_stage stage, const char *title, uint64_t *number) {
    rf_fail_print(1, title);
    for (const struct rf_step *step = rf_launch_steps[stage]; step->name; step++) {
        char text[160];
        struct rf_line line = RF_LINE(text);
        rf_line_text(&line, ++*number < 10 ? "   " : "  ");
        rf_line_number(&line, *number);
        rf_line_text(&line, ". ");
        rf_line_text(&line, step->words);
        rf_fail_print(1, text);
        said = false;
        if (step->plan) step->plan(launch);
        if (step->plan && !said) SAY("(nothing)");
    }
}

void rf_plan_print(const struct rf_launch *launch) {
    uint64_t number = 0;
    print_stage(launch, RF_BEFORE_CLONE, "The launcher:", &number);
    rf_fail_print(1, "Then it clones the first process, into the leaf and into:");
    rf_plan_clone(launch);
    print_stage(launch, RF_IN_CHILD, "The first process:", &number);
    print_stage(launch, RF_IN_PAYLOAD, "The process that becomes the payload:", &number);
    rf_fail_print(1, "Then the launcher passes signals on, and removes the leaf at the end.");
}
