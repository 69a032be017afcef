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

/*
 * X(step, function, words for --plan, what prints the policy's values or NULL).  The words stand apart from the table, as
 * one string, so that they can be packed.
 */
/* The supervisor, after the blob is verified and the parameters are bound: until here nothing has been made. */
#define BEFORE_CLONE(X)                                                                                                \
    X(LANDLOCK, rf_landlock_find, "see that the kernel's Landlock is new enough", NULL)                                \
    X(OBJECTS, rf_object_open_all, "open every host path, once", NULL)                                                 \
    X(NOTIFY, rf_notify_connect, "connect to the socket that gets the filter's notifications", rf_plan_notify)         \
    X(CGROUP, rf_limit_apply, "make the leaf, write its limits, read them back", rf_plan_limits)                       \
    X(ENTER, rf_enter_prepare, "join the pid namespace, make the time namespace", NULL)

/* The first process: born into the new namespaces and the v2 leaf, dies with the supervisor. */
#define IN_CHILD(X)                                                                                                    \
    X(CGROUP, rf_limit_enter, "enter the leaves that it was not born into", NULL)                                      \
    X(USER, rf_enter_user, "write or await the id maps", rf_plan_maps)                                                 \
    X(JOIN, rf_enter_join, "join the namespaces that the policy names", rf_plan_joins)                                 \
    X(ENTER, rf_enter_cgroup, "make the cgroup namespace, rooted at the leaf", NULL)                                   \
    X(NETWORK, rf_enter_network, "bring up the loopback interface of a new network namespace", NULL)                   \
    X(HOSTNAME, rf_confine_hostname, "set host and domain name", rf_plan_hostname)                                     \
    X(SYSCTLS, rf_confine_sysctls, "write sysctls, read them back", rf_plan_sysctls)                                   \
    X(ROOT, rf_furnish_private, "make every mount private", NULL)                                                      \
    X(ROOT, rf_furnish_root, "attach the root: nosuid, nodev", rf_plan_root)                                           \
    X(PROC, rf_furnish_proc, "mount /proc", rf_plan_proc)                                                              \
    X(SYS, rf_furnish_sys, "mount /sys", rf_plan_sys)                                                                  \
    X(DEV, rf_furnish_dev, "make /dev, a fresh tmpfs", rf_plan_devices)                                                \
    X(TERMINAL, rf_terminal_make, "make a pseudo-terminal, in a devpts of its own", rf_plan_terminal)                  \
    X(MOUNTS, rf_furnish_mounts, "make the mounts: nosuid; nodev but for devpts", rf_plan_mounts)                      \
    X(MASKS, rf_furnish_masks, "mask paths", rf_plan_masks)                                                            \
    X(READ_ONLY, rf_furnish_read_only, "make paths read-only", rf_plan_read_only)                                      \
    X(DEV, rf_furnish_dev_seal, "make /dev read-only", NULL)                                                           \
    X(ROOT, rf_furnish_pivot, "pivot into the root, let go of the host's tree, verify", NULL)                          \
    X(CWD, rf_furnish_cwd, "enter the working directory", rf_plan_cwd)                                                 \
    X(SESSION, rf_confine_session, "start a session", NULL)                                                            \
    X(REAPER, rf_reaper_start, "fork: the first process stays as reaper", rf_plan_init)

/* The process that becomes the payload: the first one, or the reaper's child. */
#define IN_PAYLOAD(X)                                                                                                  \
    X(TUNING, rf_confine_tuning, "set its attributes, read them back", rf_plan_tuning)                                 \
    X(TERMINAL, rf_terminal_attach, "take the pseudo-terminal as streams and terminal", NULL)                          \
    X(OOM_SCORE, rf_confine_oom, "set oom_score_adj", rf_plan_oom)                                                     \
    X(RLIMITS, rf_confine_rlimits, "set the resource limits and read them back", rf_plan_rlimits)                      \
    X(UMASK, rf_confine_umask, "set the umask", rf_plan_umask)                                                         \
    X(IDENTITY, rf_confine_identity, "bounding set, groups, gid, uid, capability sets, securebits; read all back",     \
      rf_plan_identity)                                                                                                \
    X(PROGRAM, rf_become_resolve, "find the program, as the payload would", rf_plan_program)                           \
    X(KEYRING, rf_confine_keyring, "join a session keyring of its own", NULL)                                          \
    X(SIGNALS, rf_confine_signals, "every signal to its default, none blocked", NULL)                                  \
    X(NO_NEW_PRIVS, rf_confine_no_new_privs, "no_new_privs", NULL)                                                     \
    X(REAPER, rf_reaper_await, "wait for the reaper to drop its privileges", NULL)                                     \
    X(LANDLOCK, rf_landlock_restrict, "refuse what no rule of Landlock gives", rf_plan_landlock)                       \
    X(FDS, rf_pass_fds, "close every descriptor but 0, 1, 2 and:", rf_plan_fds)                                        \
    X(SECCOMP, rf_confine_seccomp, "install the system-call filter; hand over its listener", rf_plan_seccomp)          \
    X(EXEC, rf_become_payload, "execve", NULL)

#define RF_ROW(name, run, words, plan)       {RF_STEP_##name, run, plan},
#define RF_ROW_WORDS(name, run, words, plan) words "\0"
static const struct rf_step before_clone[] = {BEFORE_CLONE(RF_ROW){0, NULL, NULL}};
static const char before_clone_words[] RF_PACKED = BEFORE_CLONE(RF_ROW_WORDS);
static const struct rf_step in_child[] = {IN_CHILD(RF_ROW){0, NULL, NULL}};
static const char in_child_words[] RF_PACKED = IN_CHILD(RF_ROW_WORDS);
static const struct rf_step in_payload[] = {IN_PAYLOAD(RF_ROW){0, NULL, NULL}};
static const char in_payload_words[] RF_PACKED = IN_PAYLOAD(RF_ROW_WORDS);

const struct rf_step *const rf_launch_steps[RF_STAGES] = {before_clone, in_child, in_payload};
const char *const rf_launch_words[RF_STAGES] = {before_clone_words, in_child_words, in_payload_words};

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
