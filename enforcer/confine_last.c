/* SPDX-License-Identifier: Apache-2.0 */
/* The last doors, closed in order; nothing but execve follows. */
#include "confine.h"
#include "files.h"
#include "line.h"
#include "load.h"
#include "notify.h"
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

/* Keyrings are in no namespace: without one of its own the payload could read the launcher's session keys. */
void rf_confine_keyring(struct rf_launch *launch) {
    int error = sys_keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL);
    if (error >= 0) return;
    /* ENOSYS is believed only of a kernel that shows no keys either. */
    if (error == -ENOSYS && sys_faccessat(launch->proc, "keys", 0) == -ENOENT) return;
    rf_fail(RF_STEP(KEYRING), error, "cannot join a session keyring of its own");
}

/* Ignored signals stay ignored across execve, and CLONE_CLEAR_SIGHAND leaves them alone too. */
void rf_confine_signals(struct rf_launch *launch) {
    struct sys_action old;
    uint64_t mask = ~UINT64_C(0), keep = (uint64_t)rf_confine_tuned(launch, RF_TUNING_KEEP_IGNORED);
    for (int n = 1; n <= RF_SIGNALS; n++, keep >>= 1) {
        if (n == SIGKILL || n == SIGSTOP) continue;
        int error = sys_sigaction(n, NULL, &old);
        if (error == 0 && old.handler <= (keep & 1)) continue; /* SIG_DFL is 0, SIG_IGN 1 */
        if (error == 0) error = sys_sigaction(n, &sys_action_default, NULL);
        if (error == 0) error = sys_sigaction(n, NULL, &old);
        if (error < 0 || old.handler != 0) rf_fail(RF_STEP(SIGNALS), error, "cannot set signal %d to its default", n);
    }
    int error = sys_sigmask(0, NULL);
    if (error == 0) error = sys_sigmask(0, &mask);
    if (error < 0 || mask != 0) rf_fail(RF_STEP(SIGNALS), error, "cannot empty the signal mask");
}

void rf_confine_no_new_privs(struct rf_launch *launch) {
    (void)launch;
    rf_must(RF_STEP(NO_NEW_PRIVS), sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0), "cannot set no_new_privs");
    if (sys_prctl(PR_GET_NO_NEW_PRIVS, 0, 0) != 1) rf_fail(RF_STEP(NO_NEW_PRIVS), 0, "no_new_privs did not stay set");
}

void rf_confine_seccomp(struct rf_launch *launch) {
    uint32_t count;
    const struct rf_insn *insns = rf_load_filter(launch, &count);
    struct sock_fprog program = {.len = (unsigned short)count, .filter = (struct sock_filter *)(uintptr_t)insns};
    /* A rehearsal has no listener: who sees it hand one over would take it for a launch, and with one of its own it could
     * wait for itself. */
    bool notify = rf_notify_wanted(launch) && !launch->options->check;
    if (launch->confine->flags & RF_CONFINE_NO_FILTER) return;
    if (notify) rf_notify_prepare(launch);
    int listener = sys_seccomp(SECCOMP_SET_MODE_FILTER, notify ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, &program);
    if (listener < 0)
        rf_fail(RF_STEP(SECCOMP), listener, "cannot install the filter%s",
                listener == -EBUSY ? "; this process is under a filter with a listener already" : "");
    if (notify) rf_notify_hand_over(listener);
}
