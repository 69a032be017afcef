/* SPDX-License-Identifier: Apache-2.0 */
/* The launch, in order.  Why each step stands where it stands: docs/launch-order.md. */
#include "launch.h"
#include "become.h"
#include "confine.h"
#include "enter.h"
#include "fail.h"
#include "furnish.h"
#include "landlock.h"
#include "limit.h"
#include "notify.h"
#include "object.h"
#include "pass.h"
#include "plan.h"
#include "reaper.h"
#include "supervise.h"
#include "terminal.h"

/* The supervisor, after the blob is verified and the parameters are bound: until here nothing has been made. */
static const struct rf_step before_clone[] = {
    {RF_STEP_LANDLOCK, rf_landlock_find, "see that the kernel's Landlock is new enough", NULL},
    {RF_STEP_OBJECTS, rf_object_open_all, "open every host path, once", NULL},
    {RF_STEP_NOTIFY, rf_notify_connect, "connect to the socket that gets the filter's notifications", rf_plan_notify},
    {RF_STEP_CGROUP, rf_limit_apply, "make the leaf, write its limits, read them back", rf_plan_limits},
    {RF_STEP_ENTER, rf_enter_prepare, "join the pid namespace, make the time namespace", NULL},
    {0, NULL, NULL, NULL},
};

/* The first process: born into the new namespaces and the v2 leaf, dies with the supervisor. */
static const struct rf_step in_child[] = {
    {RF_STEP_CGROUP, rf_limit_enter, "enter the leaves that it was not born into", NULL},
    {RF_STEP_USER, rf_enter_user, "write or await the id maps", rf_plan_maps},
    {RF_STEP_JOIN, rf_enter_join, "join the namespaces that the policy names", rf_plan_joins},
    {RF_STEP_ENTER, rf_enter_cgroup, "make the cgroup namespace, rooted at the leaf", NULL},
    {RF_STEP_NETWORK, rf_enter_network, "bring up the loopback interface of a new network namespace", NULL},
    {RF_STEP_HOSTNAME, rf_confine_hostname, "set host and domain name", rf_plan_hostname},
    {RF_STEP_SYSCTLS, rf_confine_sysctls, "write sysctls, read them back", rf_plan_sysctls},
    {RF_STEP_ROOT, rf_furnish_private, "make every mount private", NULL},
    {RF_STEP_ROOT, rf_furnish_root, "attach the root: nosuid, nodev", rf_plan_root},
    {RF_STEP_PROC, rf_furnish_proc, "mount /proc", rf_plan_proc},
    {RF_STEP_SYS, rf_furnish_sys, "mount /sys", rf_plan_sys},
    {RF_STEP_DEV, rf_furnish_dev, "make /dev, a fresh tmpfs", rf_plan_devices},
    {RF_STEP_TERMINAL, rf_terminal_make, "make a pseudo-terminal, in a devpts of its own", rf_plan_terminal},
    {RF_STEP_MOUNTS, rf_furnish_mounts, "make the mounts: nosuid; nodev but for devpts", rf_plan_mounts},
    {RF_STEP_MASKS, rf_furnish_masks, "mask paths", rf_plan_masks},
    {RF_STEP_READ_ONLY, rf_furnish_read_only, "make paths read-only", rf_plan_read_only},
    {RF_STEP_DEV, rf_furnish_dev_seal, "make /dev read-only", NULL},
    {RF_STEP_ROOT, rf_furnish_pivot, "pivot into the root, let go of the host's tree, verify", NULL},
    {RF_STEP_CWD, rf_furnish_cwd, "enter the working directory", rf_plan_cwd},
    {RF_STEP_SESSION, rf_confine_session, "start a session", NULL},
    {RF_STEP_REAPER, rf_reaper_start, "fork: the first process stays as reaper", rf_plan_init},
    {0, NULL, NULL, NULL},
};

/* The process that becomes the payload: the first one, or the reaper's child. */
static const struct rf_step in_payload[] = {
    {RF_STEP_TUNING, rf_confine_tuning, "set its attributes, read them back", rf_plan_tuning},
    {RF_STEP_TERMINAL, rf_terminal_attach, "take the pseudo-terminal as streams and terminal", NULL},
    {RF_STEP_OOM_SCORE, rf_confine_oom, "set oom_score_adj", rf_plan_oom},
    {RF_STEP_RLIMITS, rf_confine_rlimits, "set the resource limits and read them back", rf_plan_rlimits},
    {RF_STEP_UMASK, rf_confine_umask, "set the umask", rf_plan_umask},
    {RF_STEP_IDENTITY, rf_confine_identity,
     "bounding set, groups, gid, uid, capability sets, securebits; read all back", rf_plan_identity},
    {RF_STEP_PROGRAM, rf_become_resolve, "find the program, as the payload would", rf_plan_program},
    {RF_STEP_KEYRING, rf_confine_keyring, "join a session keyring of its own", NULL},
    {RF_STEP_SIGNALS, rf_confine_signals, "every signal to its default, none blocked", NULL},
    {RF_STEP_NO_NEW_PRIVS, rf_confine_no_new_privs, "no_new_privs", NULL},
    {RF_STEP_REAPER, rf_reaper_await, "wait for the reaper to drop its privileges", NULL},
    {RF_STEP_LANDLOCK, rf_landlock_restrict, "refuse what no rule of Landlock gives", rf_plan_landlock},
    {RF_STEP_FDS, rf_pass_fds, "close every descriptor but 0, 1, 2 and:", rf_plan_fds},
    {RF_STEP_SECCOMP, rf_confine_seccomp, "install the system-call filter; hand over its listener", rf_plan_seccomp},
    {RF_STEP_EXEC, rf_become_payload, "execve", NULL},
    {0, NULL, NULL, NULL},
};

const struct rf_step *const rf_launch_steps[RF_STAGES] = {before_clone, in_child, in_payload};

void rf_launch_run(struct rf_launch *launch, enum rf_stage stage) {
    for (const struct rf_step *step = rf_launch_steps[stage]; step->run; step++) {
        rf_shared->at = step->name;
        step->run(launch);
    }
}

_Noreturn void rf_launch_start(struct rf_launch *launch) {
    rf_fail_undo = rf_supervise_undo;
    rf_launch_run(launch, RF_BEFORE_CLONE);
    if (launch->service->supervision == RF_SAME_PROCESS)
        rf_enter_in_place(launch);
    else
        rf_enter_clone(launch);
    rf_supervise(launch);
}
