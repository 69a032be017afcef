/* SPDX-License-Identifier: Apache-2.0 */
/* Process attributes, domain name and sysctls against the rest of the policy. */
#include "check.h"
#include "names.h"

#include <string.h>

/* "fifo(1)" begins with the word "fifo". */
static bool is_graded(const struct value *v, const char *word) {
    size_t n = strlen(word);
    return v->set && strncmp(v->text, word, n) == 0 && (v->text[n] == '(' || v->text[n] == 0);
}

static void check_scheduling(struct compile_context *c, const struct policy *p) {
    const struct value *scheduler = &p->process_scheduler;
    bool fifo = is_graded(scheduler, "fifo");
    if (p->process_timer_slack.set && (fifo || is_graded(scheduler, "rr")))
        rf_check_contradiction(c, p->process_timer_slack.at, scheduler->at, "timer slack under a real-time policy",
                               "timers of fifo and rr have none: leave one of the two out");
    if (p->seccomp_notify_socket.set && fifo)
        rf_check_contradiction(c, scheduler->at, p->seccomp_notify_socket.at, "notifications under fifo",
                               "the launch could wait for ever for the thread that hands over the listener: write rr");
}

static void check_numa(struct compile_context *c, const struct policy *p) {
    if (!p->process_numa.set || !p->process_numa.count) return;
    const struct value *f = p->process_numa.items[0].fields;
    const struct value *policy = &f[FIELD_numa_policy], *nodes = &f[FIELD_numa_nodes];
    bool local = strcmp(policy->text, "local") == 0;
    bool one = nodes->count == 1 && nodes->items[0].low == nodes->items[0].high;
    if (local && nodes->set)
        rf_diag(c->diags, D_BAD_ENTRY, nodes->at, "'nodes' means nothing for local");
    else if (!local && !nodes->set)
        rf_diag(c->diags, D_MISSING_FIELD, policy->at, "'%s' needs nodes", policy->text);
    else if (strcmp(policy->text, "preferred") == 0 && !one)
        rf_diag(c->diags, D_BAD_ENTRY, nodes->at, "preferred takes one node: the kernel would leave out the others");
}

static void check_sysctls(struct compile_context *c, const struct policy *p) {
    bool user_new = p->namespaces_user.num == NS_NEW || p->namespaces_user.num == NS_CUSTOM;
    for (size_t i = 0; i < p->sysctls.count; i++) {
        const struct item *item = &p->sysctls.items[i];
        enum sysctl_owner owner = rf_name_sysctl(item->name);
        if (item->gone) continue;
        if (owner == SYSCTL_NETWORK && p->network_mode.num != 0)
            rf_check_contradiction(c, item->at, p->network_mode.at, "a network sysctl without a new network namespace",
                                   "it would change the host's network: write network: none");
        if (owner == SYSCTL_IPC && p->namespaces_ipc.num != NS_NEW)
            rf_check_contradiction(c, item->at, p->namespaces_ipc.at, "an IPC sysctl without a new ipc namespace",
                                   "it would change the host: write namespaces: {ipc: new}");
        if (owner == SYSCTL_USER && !user_new)
            rf_check_contradiction(c, item->at, p->namespaces_user.at, "a user sysctl without a new user namespace",
                                   "it would change the host: write namespaces: {user: new}");
    }
}

void rf_check_tuning(struct compile_context *c, const struct file *file) {
    const struct policy *p = &file->merged;
    check_scheduling(c, p);
    check_numa(c, p);
    if (p->domainname.set && p->namespaces_uts.num != NS_NEW)
        rf_check_contradiction(c, p->domainname.at, p->namespaces_uts.at, "a domain name without a new uts namespace",
                               "it would rename the host's domain: write namespaces: {uts: new}");
    check_sysctls(c, p);
}
