/* SPDX-License-Identifier: Apache-2.0 */
/* `expect`: what a policy says it does, held against what its filters do. */
#include "check.h"
#include "filters.h"
#include "never_call.h"

#include <string.h>

#define ANSWERS_MAX 64u

static void unmet(struct compile_context *c, const struct item *expect, const struct rf_seccomp *policy,
                  const struct rf_answer *answer, bool open) {
    char got[32], wanted[32];
    struct diag *d =
        rf_diag(c->diags, D_EXPECT_UNMET, expect->at, "on %s it gives %s, not %s",
                rf_machine_info[policy->machine].name, rf_action_words(answer->says, got, sizeof got),
                rf_action_words(rf_action_ret(RF_FIELD(expect, expect, gives).action), wanted, sizeof wanted));
    const struct rf_rule *rule = rf_policy_decider(policy, &answer->witness);
    const struct rule_origin *origin = rule ? rule->origin : NULL;
    if (origin && origin->at.source) rf_diag_other(c->diags, d, origin->at, "by this line");
    if (open) rf_diag_help(c->diags, d, "for example %s", rf_filters_call(c, policy->machine, &answer->witness));
}

/* One expectation on one ABI; *met counts where the call is there at all. False once it was reported. */
static bool check_one(struct compile_context *c, const struct item *expect, const struct rf_seccomp *policy,
                      const struct lowered_filter *filter, size_t *there) {
    struct never_call what;
    struct rf_expr_error error;
    struct rf_answer answers[ANSWERS_MAX];
    bool complete;
    const struct value *call = &RF_FIELD(expect, expect, call);
    if (!rf_never_call_parse(c->arena, call->text, policy->machine, true, &what, &error)) {
        struct diag *d = rf_diag(c->diags, what.call ? D_BAD_CONDITION : D_UNKNOWN_CALL, call->at, "%s, on %s",
                                 error.message, rf_machine_info[policy->machine].name);
        if (error.help) rf_diag_help(c->diags, d, "%s", error.help);
        return false;
    }
    int32_t number = what.call->number[policy->machine];
    if (number < 0) return true;
    ++*there;
    size_t count = rf_bpf_answers(c->arena, filter->insns, policy->machine, (uint32_t)number, what.where, answers,
                                  ANSWERS_MAX, &complete);
    for (size_t i = 0; i < count; i++) {
        if (answers[i].says == rf_action_ret(RF_FIELD(expect, expect, gives).action)) continue;
        unmet(c, expect, policy, &answers[i], count > 1);
        return false;
    }
    if (complete) return true;
    rf_diag(c->diags, D_PROOF_TOO_LARGE, expect->at, "the search through all arguments was given up");
    return false;
}

static void check_expectation(struct compile_context *c, const struct policy *p, const struct item *expect,
                              const struct lowered_filter *filters, size_t count) {
    size_t there = 0;
    bool good = true;
    for (size_t f = 0; f < count && good; f++)
        for (const struct rf_seccomp *abi = &filters[f].policy; abi && good; abi = abi->compat)
            good = check_one(c, expect, abi, &filters[f], &there);
    if (!good || there) return;
    struct diag *d = rf_diag(c->diags, D_NOT_ON_ARCH, RF_FIELD(expect, expect, call).at,
                             "none of the policy's machines has this call");
    rf_diag_other(c->diags, d, p->arch.at, "the policy's machines");
}

void rf_check_expect(struct compile_context *c, const struct file *file, const struct lowered_filter *filters,
                     size_t count) {
    const struct policy *p = &file->merged;
    for (size_t i = 0; i < p->expect.count; i++) {
        const struct item *expect = &p->expect.items[i];
        if (!p->seccomp_mode.set) {
            check_expectation(c, p, expect, filters, count);
        } else if (RF_FIELD(expect, expect, gives).action.kind != RF_ACT_ALLOW) {
            struct diag *d = rf_diag(c->diags, D_EXPECT_UNMET, expect->at, "without a filter every call is allowed");
            rf_diag_other(c->diags, d, p->seccomp_mode.at, "no filter");
        }
    }
}
