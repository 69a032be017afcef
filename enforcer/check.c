/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every probe runs the launch's own code in a forked process, where rf_fail() leaves its line in the shared page:
 * what --check says is what the launch would say.  The last probe is a rehearsal: the whole launch in namespaces
 * of its own, without a cgroup, up to the point where execve would come.
 */
#include "check.h"
#include "enter.h"
#include "landlock.h"
#include "limit.h"
#include "limit_parts.h"
#include "line.h"
#include "notify.h"
#include "object.h"

static bool found;

static void say(uint32_t step, const char *what) {
    char text[RF_PAGE];
    RF_PRINT(text, "%s: %s", rf_fail_step(step), what);
    rf_fail_print(1, text);
    found = true;
}

static void probe(struct rf_launch *launch, void (*run)(struct rf_launch *launch, uint32_t i), uint32_t i) {
    struct clone_args args = {.exit_signal = SIGCHLD};
    siginfo_t info = {.si_pid = 0};
    rf_shared->claimed = rf_shared->failed = rf_shared->executing = rf_shared->harmless = 0;
    rf_shared->at = RF_STEP_CHECK;
    int child = rf_must(RF_STEP(CHECK), sys_clone3(&args), "cannot fork");
    if (child == 0) {
        rf_fail_in_child(true);
        run(launch, i);
        sys_exit(0);
    }
    int error;
    do error = sys_waitid(P_PID, child, &info, WEXITED);
    while (error == -EINTR);
    if (error < 0) rf_fail(RF_STEP(CHECK), error, "cannot wait");
    if (__atomic_load_n(&rf_shared->failed, __ATOMIC_ACQUIRE))
        say(rf_shared->step, rf_shared->what);
    else if (info.si_code != 1 || info.si_status != 0)
        say(rf_shared->at, "the rehearsal was killed");
}

static void open_root(struct rf_launch *launch, uint32_t i) {
    (void)i;
    rf_object_open_root(launch);
}

static void find_landlock(struct rf_launch *launch, uint32_t i) {
    (void)i;
    rf_landlock_find(launch);
}

static void connect_notify(struct rf_launch *launch, uint32_t i) {
    (void)i;
    rf_notify_connect(launch);
}

static void check_disk(struct rf_launch *launch, uint32_t i) {
    char device[32];
    rf_object_open_io(launch, i);
    rf_limit_io_device(launch, i, device, sizeof device);
}

static void find_limits(struct rf_launch *launch, uint32_t i) {
    (void)i;
    rf_limit_find(launch);
}

static void rehearse(struct rf_launch *launch, uint32_t limits) {
    siginfo_t info = {.si_pid = 0};
    if (limits) rf_limit_rehearse(launch);
    rf_landlock_find(launch);
    rf_object_open_all(launch);
    rf_enter_prepare(launch);
    rf_enter_clone(launch);
    while (sys_waitid(P_PID, launch->child, &info, WEXITED) == -EINTR) continue;
    if (!__atomic_load_n(&rf_shared->executing, __ATOMIC_ACQUIRE)) sys_exit(RF_STEP_FAILED);
}

_Noreturn void rf_check(struct rf_launch *launch) {
    const struct rf_view *v = &launch->view;
    rf_fail_share();
    probe(launch, open_root, 0);
    for (uint32_t i = 0; i < rf_view_count(v, RF_MOUNTS); i++) probe(launch, rf_object_open_mount, i);
    for (uint32_t i = 0; i < rf_view_count(v, RF_DEVICES); i++) probe(launch, rf_object_open_device, i);
    for (uint32_t i = 0; i < rf_view_count(v, RF_JOINS); i++) probe(launch, rf_object_open_join, i);
    for (uint32_t i = 0; i < rf_view_count(v, RF_IO); i++) probe(launch, check_disk, i);
    probe(launch, connect_notify, 0);
    probe(launch, find_landlock, 0);
    bool objects = !found; /* else the rehearsal would only say the same again */
    probe(launch, find_limits, 0);
    if (objects) probe(launch, rehearse, !found);
    sys_exit(found ? RF_STEP_FAILED : 0);
}
