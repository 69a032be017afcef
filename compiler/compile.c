/* SPDX-License-Identifier: Apache-2.0 */
#include "compile.h"
#include "bases.h"
#include "check.h"
#include "merge.h"

#include <inttypes.h>

static bool clean(const struct compile_context *c) {
    return rf_diags_errors(c->diags) == 0;
}

static size_t tests_of(const struct rf_cond *cond) {
    if (!cond) return 0;
    if (cond->kind == RF_COND_AND || cond->kind == RF_COND_OR) return tests_of(cond->left) + tests_of(cond->right);
    return cond->kind == RF_COND_NOT ? tests_of(cond->left) : 1;
}

/* The call with the most tests on its arguments: where a policy too large to prove is best made smaller. */
static const char *heaviest(const struct rf_seccomp *policy) {
    size_t most = 0;
    const struct rf_syscall *call = NULL;
    for (size_t i = 0; i < policy->count; i++) {
        size_t n = 0;
        for (size_t r = 0; r < policy->calls[i].count; r++) n += tests_of(policy->calls[i].rules[r].when);
        if (n > most) most = n, call = rf_syscall_by_number(policy->machine, policy->calls[i].number);
    }
    return call ? call->name : "none";
}

static void not_proven(struct lower *l, const struct lowered_filter *filter, const struct rf_proof *proof) {
    struct span at = l->p->seccomp_default.at;
    const char *machine = rf_machine_info[filter->policy.machine].name;
    if (proof->result == RF_PROOF_TOO_LARGE) {
        struct diag *d = rf_diag(l->c->diags, D_PROOF_TOO_LARGE, at, "the proof for %s needs more than %u cases",
                                 machine, RF_PROOF_CELLS_MAX);
        rf_diag_help(l->c->diags, d, "fewer or simpler conditions on one call make it smaller; '%s' has the most",
                     heaviest(&filter->policy));
        return;
    }
    struct diag *d = rf_diag(l->c->diags, D_NOT_PROVEN, at,
                             "the filter for %s differs from the policy: nothing was written", machine);
    rf_diag_help(l->c->diags, d,
                 "this is a bug in ringfence, please report it: call %u, arguments 0x%" PRIx64 " 0x%" PRIx64
                 " 0x%" PRIx64 ", filter 0x%x, policy 0x%x",
                 proof->witness.number, proof->witness.args[0], proof->witness.args[1], proof->witness.args[2],
                 proof->filter_says, proof->policy_says);
}

static void prove(struct lower *l) {
    for (size_t i = 0; i < l->filter_count; i++) {
        struct rf_proof proof = rf_prove(l->c->arena, &l->filters[i].policy, l->filters[i].insns, l->filters[i].count);
        if (proof.result != RF_PROVEN) not_proven(l, &l->filters[i], &proof);
    }
}

static bool is_complete(struct compile_context *c, const struct file *file, const struct blob *blob) {
    if (!rf_check_is_base(file)) return true;
    if (blob) {
        struct diag *d = rf_diag(c->diags, D_IS_BASE, file->own.kind.at, "a base policy cannot be compiled");
        rf_diag_help(c->diags, d, "extend it from a policy, and compile that");
    }
    return false;
}

struct lower *rf_compile_lowered(struct compile_context *c, const char *path, struct blob *blob) {
    struct file *file = rf_bases_read(c, path);
    if (!file) return NULL;
    rf_merge(c, file);
    if (clean(c))
        rf_check(c, file);
    else
        rf_check_required(c, file);
    if (!clean(c) || !is_complete(c, file, blob)) return NULL;
    struct lower *l = RF_NEW(c->arena, struct lower);
    l->c = c;
    l->file = file;
    rf_lower(l);
    if (clean(c)) prove(l);
    struct blob bytes;
    return clean(c) && rf_emit_blob(l, blob ? blob : &bytes) ? l : NULL;
}

bool rf_compile(struct compile_context *c, const char *path, struct blob *blob) {
    return rf_compile_lowered(c, path, blob) || (!blob && clean(c));
}
