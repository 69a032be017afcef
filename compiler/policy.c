/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include <string.h>

bool rf_file_extends(const struct file *a, const struct file *b) {
    return a == b || (b->source && a->ancestors >> b->source->order & 1);
}

struct item *rf_item_find(const struct value *value, const char *name) {
    for (size_t i = 0; i < value->count; i++)
        if (strcmp(value->items[i].name, name) == 0) return &value->items[i];
    return NULL;
}

bool rf_policy_list(const struct policy *policy, size_t i, struct action_list *list) {
    const struct action_list lists[] = {{"seccomp.allow", &policy->seccomp_allow, {RF_ACT_ALLOW, 0}},
                                        {"seccomp.log", &policy->seccomp_log, {RF_ACT_LOG, 0}},
                                        {"seccomp.notify.calls", &policy->seccomp_notify_calls, {RF_ACT_NOTIFY, 0}},
                                        {"seccomp.kill", &policy->seccomp_kill, {RF_ACT_KILL, 0}}};
    size_t plain = sizeof lists / sizeof *lists;
    if (i < plain) {
        *list = lists[i];
        return true;
    }
    if (i - plain >= policy->seccomp_errno.count) return false;
    const struct item *item = &policy->seccomp_errno.items[i - plain];
    static const struct value empty;
    *list =
        (struct action_list){"seccomp.errno", item->gone ? &empty : item->fields, {RF_ACT_ERRNO, (uint32_t)item->num}};
    return true;
}

size_t rf_policy_abis(const struct policy *policy, enum rf_machine abis[RF_ABIS]) {
    size_t n = 0;
    for (size_t i = 0; i < policy->arch.count && n < RF_ABIS; i++)
        abis[n++] = (enum rf_machine)policy->arch.items[i].num;
    for (size_t i = 0; i < policy->compat.count && n < RF_ABIS; i++)
        abis[n++] = (enum rf_machine)policy->compat.items[i].num;
    return n;
}
