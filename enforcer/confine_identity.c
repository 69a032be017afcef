/* SPDX-License-Identifier: Apache-2.0 */
#include "confine.h"
#include "enter.h"
#include "line.h"
#include <linux/prctl.h>
#include <linux/securebits.h>

#define GROUPS_MAX 256

static bool groups_are(const struct rf_launch *launch) {
    static uint32_t got[GROUPS_MAX];
    uint32_t count = rf_view_count(&launch->view, RF_GROUPS);
    int n = sys_getgroups(GROUPS_MAX, got);
    if (n != (int)count) return false; /* also when there are more than fit */
    for (uint32_t i = 0; i < count; i++) {
        bool found = false; /* the kernel sorts by its own numbers, which a user namespace may reorder */
        for (uint32_t k = 0; k < count; k++)
            found = found || got[k] == RF_RECORD(&launch->view, GROUPS, struct rf_group, i)->gid;
        if (!found) return false;
    }
    return true;
}

static void set_groups(const struct rf_launch *launch) {
    static uint32_t list[GROUPS_MAX];
    uint32_t count = rf_view_count(&launch->view, RF_GROUPS);
    const struct rf_where where = count ? RF_AT(IDENTITY, GROUPS, 0) : RF_STEP(IDENTITY);
    /* An ordinary user's namespace cannot change them, by the kernel's rule: a group may be there to forbid. */
    if (rf_launch_new(launch, CLONE_NEWUSER) && !launch->maps) return;
    /* Only "none" can be trusted unset: a group without a mapping reads as 65534, which the policy may list too. */
    if (count == 0 && groups_are(launch)) return;
    for (uint32_t i = 0; i < count; i++) list[i] = RF_RECORD(&launch->view, GROUPS, struct rf_group, i)->gid;
    int error = sys_setgroups((int)count, list);
    if (error < 0)
        rf_fail(where, error, "cannot set the supplementary groups%s",
                error == -EPERM ? "; it needs root (CAP_SETGID)" : "");
    if (!groups_are(launch)) rf_fail(where, 0, "the kernel did not keep the supplementary groups");
}

static void set_ids(const struct rf_launch *launch) {
    const struct rf_where uid_at = RF_FIELD(IDENTITY, PROCESS, struct rf_process, uid);
    const struct rf_where gid_at = RF_FIELD(IDENTITY, PROCESS, struct rf_process, gid);
    uint32_t uid = launch->process->uid, gid = launch->process->gid, got[3];
    int error = sys_setresgid(gid);
    if (error < 0)
        rf_fail(gid_at, error, "cannot become gid %u%s", gid,
                error == -EPERM ? "; it needs root (CAP_SETGID), or `namespaces.user: new`" : "");
    error = sys_setresuid(uid);
    if (error < 0)
        rf_fail(uid_at, error, "cannot become uid %u%s", uid,
                error == -EPERM ? "; it needs root (CAP_SETUID), or `namespaces.user: new`" : "");
    error = sys_getresgid(got);
    if (error < 0 || got[0] != gid || got[1] != gid || got[2] != gid)
        rf_fail(gid_at, error, "the kernel did not keep the gid");
    error = sys_getresuid(got);
    if (error < 0 || got[0] != uid || got[1] != uid || got[2] != uid)
        rf_fail(uid_at, error, "the kernel did not keep the uid");
}

void rf_confine_identity(struct rf_launch *launch) {
    uint64_t set = launch->confine->capabilities;
    unsigned long bits = 3 * (unsigned long)rf_confine_tuned(launch, RF_TUNING_SECUREBITS); /* each with its lock */
    bool as_root = launch->process->uid == 0 && !(bits & SECBIT_NOROOT);
    rf_confine_caps_bound(set);
    set_groups(launch);
    if (!as_root) { /* else the step from uid 0 would take the permitted set along */
        rf_must(RF_STEP(IDENTITY), sys_prctl(PR_SET_KEEPCAPS, 1, 0),
                "cannot keep capabilities across the change of uid");
    }
    set_ids(launch);
    /* A change of ids sets it to the sysctl fs.suid_dumpable.  Before the capabilities go, which till then keep off
     * whoever has the payload's uid: this memory may still be the supervisor's too. */
    rf_must(RF_STEP(IDENTITY), sys_prctl(PR_SET_DUMPABLE, 0, 0), "cannot make ourselves undumpable");
    rf_confine_caps_set(set, as_root, bits);
    if (launch->process->init == RF_INIT_REAPER) {
        /* Our parent is the reaper; whether the supervisor lives is its to watch. */
        rf_must(RF_STEP(IDENTITY), sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0), "cannot arm the parent-death signal");
        rf_enter_check_alive(launch);
    } else {
        rf_enter_die_with_parent(launch);
    }
}
