/* SPDX-License-Identifier: Apache-2.0 */
/* verify: whoever has the policy can prove again that a blob is what it says. */
#include "../schemas/blob/reader.h"
#include "commands.h"
#include "compile.h"
#include "filters.h"
#include "second_opinion.h"

#include <inttypes.h>
#include <string.h>

static const struct span nowhere;

static const char *const section_names[RF_SECTION_END] = {
#define SECTION(type, record, fewest, most) [RF_##type] = #type,
#include "../schemas/blob/sections.def"
};

static void counterexample(struct compile_context *c, const struct filters *policy, const struct filter *ours,
                           const struct rf_proof *proof) {
    char theirs[32], meant[32];
    const struct rf_seccomp *abi = ours->policy;
    while (abi->compat && rf_machine_info[abi->machine].audit_arch != proof->witness.arch) abi = abi->compat;
    if (abi->machine == RF_X86_64 && proof->witness.number >= RF_X32_BIT)
        for (const struct rf_seccomp *p = ours->policy; p; p = p->compat)
            if (p->machine == RF_X32) abi = p;
    bool known = rf_machine_info[abi->machine].audit_arch == proof->witness.arch;
    struct diag *d = rf_diag(c->diags, D_NOT_WHAT_IT_SAYS, nowhere,
                             "%s: the compiled policy answers %s with %s, not %s", rf_machine_info[ours->machine].name,
                             known ? rf_filters_call(c, abi->machine, &proof->witness)
                                   : rf_arena_printf(c->arena, "calls of architecture 0x%x", proof->witness.arch),
                             rf_action_words(proof->filter_says, theirs, sizeof theirs),
                             rf_action_words(proof->policy_says, meant, sizeof meant));
    const char *line = rf_filters_decider(c, policy, abi->machine, &proof->witness, proof->policy_says);
    if (*line) rf_diag_help(c->diags, d, "by %s", line);
}

static void verify_filter(struct compile_context *c, const struct filters *policy, const struct filter *ours,
                          const struct filters *blob, bool second_opinion) {
    const char *name = rf_machine_info[ours->machine].name;
    const struct filter *theirs = rf_filters_of(blob, ours->machine);
    if (!theirs) {
        rf_diag(c->diags, D_NOT_WHAT_IT_SAYS, nowhere, "the compiled policy has no filter for %s", name);
        return;
    }
    struct rf_proof proof = rf_prove(c->arena, ours->policy, theirs->insns, theirs->count);
    if (proof.result == RF_PROVEN)
        printf("%s: %" PRIu32 " instructions, proven to be the policy in %zu cases\n", name, theirs->count,
               proof.cells);
    else if (proof.result == RF_DIFFERS)
        counterexample(c, policy, ours, &proof);
    else
        rf_diag(c->diags, D_PROOF_TOO_LARGE, nowhere, "%s: the proof needs more than %u cases", name,
                RF_PROOF_CELLS_MAX);
    if (second_opinion) rf_second_opinion(c, ours->policy, theirs->insns, theirs->count);
}

/* Everything but the filters is bytes that the compiler makes in one way only. */
static void verify_rest(struct compile_context *c, const struct rf_view *policy, const struct rf_view *blob) {
    size_t before = rf_diags_errors(c->diags);
    if (policy->header->kernel != blob->header->kernel)
        rf_diag(c->diags, D_NOT_WHAT_IT_SAYS, nowhere, "the compiled policy is for kernel v%u.%u, not v%u.%u",
                blob->header->kernel >> 16, blob->header->kernel & 0xffff, policy->header->kernel >> 16,
                policy->header->kernel & 0xffff);
    for (unsigned s = 1; s < RF_SECTION_END; s++) {
        size_t bytes = (size_t)policy->count[s] * rf_layout_sections[s].size;
        if (RF_IS_FILTER(s)) {
            if (policy->count[s] == 0 && blob->count[s] != 0)
                rf_diag(c->diags, D_NOT_WHAT_IT_SAYS, nowhere,
                        "the compiled policy has a %s that the policy does not have", section_names[s]);
        } else if (policy->count[s] != blob->count[s] ||
                   (bytes && memcmp(policy->records[s], blob->records[s], bytes) != 0)) {
            rf_diag(c->diags, D_NOT_WHAT_IT_SAYS, nowhere,
                    "section %s of the compiled policy is not what the policy compiles to", section_names[s]);
        }
    }
    if (rf_diags_errors(c->diags) == before)
        puts("everything else: byte for byte what the policy compiles to");
    else
        puts("`ringfence inspect` tells what is in each section");
}

int rf_command_verify(const struct options *o) {
    struct job job;
    struct filters blob, policy;
    rf_job_start(&job, o);
    struct compile_context *c = &job.context;
    if (!rf_filters_open_blob(c, o->operands[0], &blob) || !rf_filters_open(c, o->operands[1], &policy))
        return rf_job_finish(&job, o, EXIT_CLEAN);
    if (!policy.lower) {
        fprintf(stderr, "ringfence: the second file is the policy, not another compiled one\n");
        rf_arena_free(job.arena);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < policy.count; i++) verify_filter(c, &policy, &policy.list[i], &blob, o->second_opinion);
    verify_rest(c, &policy.view, &blob.view);
    return rf_job_finish(&job, o, EXIT_CLEAN);
}
