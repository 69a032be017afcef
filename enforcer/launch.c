/* SPDX-License-Identifier: Apache-2.0 */
/* The launch, in order.  Why each step stands where it stands: docs/launch-order.md. */
#include "launch.h"
#include "become.h"
#include "confine.h"
#include "enter.h"
#include "fail.h"
#include "furnish.h"
#include "limit.h"
#include "object.h"
#include "plan.h"
#include "reaper.h"
#include "supervise.h"

/* The supervisor, after the blob is verified and the parameters are bound: until here nothing has been made. */
static const struct rf_step before_clone[] = {
    {"objects", rf_object_open_all, "open every host path, once", NULL},
    {"cgroup", rf_limit_apply, "make the leaf, write its limits, read them back", rf_plan_limits},
    {"enter", rf_enter_prepare, "join the pid namespace, make the time namespace", NULL},
    {NULL, NULL, NULL, NULL},
};

/* The first process: born into the new namespaces and the v2 leaf, dies with the supervisor. */
static const struct rf_step in_child[] = {
    {"cgroup", rf_limit_enter, "enter the v1 leaves: nothing runs outside the limits", NULL},
    {"user", rf_enter_user, "write or await the id maps", rf_plan_maps},
    {"join", rf_enter_join, "join the namespaces that the policy names", rf_plan_joins},
    {"enter", rf_enter_cgroup, "make the cgroup namespace, rooted at the leaf", NULL},
    {"network", rf_enter_network, "bring up the loopback interface of a new network namespace", NULL},
    {"hostname", rf_confine_hostname, "set the host name", rf_plan_hostname},
    {"root", rf_furnish_private, "make every mount private", NULL},
    {"root", rf_furnish_root, "attach the root: nosuid, nodev", rf_plan_root},
    {"proc", rf_furnish_proc, "mount /proc", rf_plan_proc},
    {"sys", rf_furnish_sys, "mount /sys", rf_plan_sys},
    {"dev", rf_furnish_dev, "make /dev, a fresh tmpfs", rf_plan_devices},
    {"mounts", rf_furnish_mounts, "make the mounts: nosuid, nodev", rf_plan_mounts},
    {"masks", rf_furnish_masks, "mask paths", rf_plan_masks},
    {"read-only", rf_furnish_read_only, "make paths read-only", rf_plan_read_only},
    {"dev", rf_furnish_dev_seal, "make /dev read-only", NULL},
    {"root", rf_furnish_pivot, "pivot into the root, let go of the host's tree, verify", NULL},
    {"cwd", rf_furnish_cwd, "enter the working directory", rf_plan_cwd},
    {"session", rf_confine_session, "start a session", NULL},
    {"reaper", rf_reaper_start, "fork: the first process stays as reaper", rf_plan_init},
    {NULL, NULL, NULL, NULL},
};

/* The process that becomes the payload: the first one, or the reaper's child. */
static const struct rf_step in_payload[] = {
    {"oom-score", rf_confine_oom, "set oom_score_adj", rf_plan_oom},
    {"rlimits", rf_confine_rlimits, "set the resource limits and read them back", rf_plan_rlimits},
    {"umask", rf_confine_umask, "set the umask", rf_plan_umask},
    {"identity", rf_confine_identity, "bounding set, groups, gid, uid, capability sets, securebits; read all back",
     rf_plan_identity},
    {"program", rf_become_resolve, "find the program, as the payload would", rf_plan_program},
    {"keyring", rf_confine_keyring, "join a session keyring of its own", NULL},
    {"signals", rf_confine_signals, "every signal to its default, none blocked", NULL},
    {"no-new-privs", rf_confine_no_new_privs, "no_new_privs", NULL},
    {"reaper", rf_reaper_await, "wait for the reaper to drop its privileges", NULL},
    {"fds", rf_confine_fds, "close every descriptor but 0, 1 and 2", NULL},
    {"seccomp", rf_confine_seccomp, "install the system-call filter", rf_plan_seccomp},
    {"exec", rf_become_payload, "execve", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct rf_step *const rf_launch_steps[RF_STAGES] = {before_clone, in_child, in_payload};

void rf_launch_run(struct rf_launch *launch, enum rf_stage stage) {
    for (const struct rf_step *step = rf_launch_steps[stage]; step->name; step++) {
        rf_shared->at = step->name;
        step->run(launch);
    }
}

_Noreturn void rf_launch_start(struct rf_launch *launch) {
    rf_fail_undo = rf_supervise_undo;
    rf_launch_run(launch, RF_BEFORE_CLONE);
    rf_enter_clone(launch);
    rf_supervise(launch);
}
