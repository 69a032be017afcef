/* SPDX-License-Identifier: Apache-2.0 */
#include "chars.h"
#include "confine.h"
#include "enter.h"
#include "line.h"
#include "params.h"
#include "status.h"

static void set_name(const struct rf_launch *launch, const struct rf_text *text, long call, struct rf_where where) {
    char name[65]; /* __NEW_UTS_LEN and NUL */
    rf_params_text(launch, text, name, sizeof name, where);
    rf_must(where, (int)sys_2(call, (long)(uintptr_t)name, (long)rf_chars_length(name)), "%s", name);
}

void rf_confine_hostname(struct rf_launch *launch) {
    if (rf_params_present(&launch->ns->hostname))
        set_name(launch, &launch->ns->hostname, __NR_sethostname,
                 RF_FIELD(HOSTNAME, NAMESPACES, struct rf_namespaces, hostname));
    if (rf_view_count(&launch->view, RF_DOMAINNAME))
        set_name(launch, &RF_RECORD(&launch->view, DOMAINNAME, struct rf_domainname, 0)->text, __NR_setdomainname,
                 RF_AT(HOSTNAME, DOMAINNAME, 0));
}

void rf_confine_session(struct rf_launch *launch) {
    int error = sys_setsid();
    (void)launch;
    /* Started as the leader of a group or session: it has let go of the terminal. */
    if (error == -EPERM && rf_shared->in_place) return;
    rf_must(RF_STEP(SESSION), error, "cannot start a new session");
}

void rf_confine_oom(struct rf_launch *launch) {
    const struct rf_where where = RF_FIELD(OOM_SCORE, PROCESS, struct rf_process, oom_score_adj);
    char text[16];
    if (!(launch->process->flags & RF_PROCESS_SET_OOM)) return;
    RF_PRINT(text, "%d", launch->process->oom_score_adj);
    int error = rf_enter_write_self(launch, "self/oom_score_adj", text);
    if (error == 0) return;
    if (launch->process->flags & RF_PROCESS_OOM_OPTIONAL) {
        __atomic_or_fetch(&rf_shared->skipped, RF_SKIPPED_OOM, __ATOMIC_RELEASE);
        return;
    }
    rf_fail(where, error, "cannot set oom_score_adj to %s%s", text,
            error == -EACCES ? "; lowering it takes CAP_SYS_RESOURCE" : "");
}

const char rf_confine_rlimit_names[] =
    "cpu\0fsize\0data\0stack\0core\0rss\0nproc\0nofile\0memlock\0as\0locks\0sigpending\0"
    "msgqueue\0nice\0rtprio\0rttime";

/* Hard limits first of all things that take privilege, so before the ids. */
void rf_confine_rlimits(struct rf_launch *launch) {
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_RLIMITS); i++) {
        const struct rf_rlimit *r = RF_RECORD(&launch->view, RLIMITS, struct rf_rlimit, i);
        struct rf_where where = RF_AT(RLIMITS, RLIMITS, i);
        const struct rlimit64 set = {r->soft, r->hard};
        struct rlimit64 got = {0, 0};
        int error = sys_prlimit(r->resource, &set, NULL);
        const char *name = rf_chars_nth(rf_confine_rlimit_names, r->resource);
        if (error < 0)
            rf_fail(where, error, "%s: cannot set %lu:%lu%s", name, r->soft, r->hard,
                    error == -EPERM ? "; raising a hard limit takes CAP_SYS_RESOURCE" : "");
        error = sys_prlimit(r->resource, NULL, &got);
        if (error < 0 || got.rlim_cur != r->soft || got.rlim_max != r->hard)
            rf_fail(where, error, "%s: the kernel did not keep the limit", name);
    }
}

/* umask(2) gives the one before, and nothing else: the second call reads the first one back. */
void rf_confine_umask(struct rf_launch *launch) {
    const int wanted = (int)launch->process->umask;
    sys_umask(launch->process->umask);
    if (sys_umask(launch->process->umask) != wanted)
        rf_fail(RF_FIELD(UMASK, PROCESS, struct rf_process, umask), 0, "the kernel did not keep the umask");
}
