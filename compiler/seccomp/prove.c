/* SPDX-License-Identifier: Apache-2.0 */
/* Policy and program over every input.  Knows nothing of the generator. */
#include "prove.h"
#include "../../schemas/blob/view.h"

#include <linux/bpf_common.h>

/* Runs the program on from region->pc to its return, which the region must all reach: what does not is
 * cut off and waits on the worklist, standing before the jump that parted them. */
static void run(const struct rf_insn *insns, struct rf_worklist *work, struct rf_region *region) {
    for (;;) {
        const struct rf_insn *i = &insns[region->pc];
        struct rf_test test = {RF_TEST_EQ, region->word, region->mask, i->k};
        switch (i->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            region->word = i->k / 4;
            region->mask = UINT32_MAX;
            break;
        case BPF_ALU | BPF_AND | BPF_K: region->mask &= i->k; break;
        case BPF_RET | BPF_K:
            region->says = i->k;
            region->decided = true;
            return;
        case BPF_JMP | BPF_JA: region->pc += i->k; break;
        default:
            if (BPF_OP(i->code) == BPF_JSET) test.kind = RF_TEST_SET;
            if (BPF_OP(i->code) == BPF_JGE) test.kind = RF_TEST_GE;
            bool outcome;
            if (BPF_OP(i->code) != BPF_JGT) {
                outcome = rf_region_decide(work, region, test);
            } else if (i->k == UINT32_MAX) {
                outcome = false;
            } else {
                test.kind = RF_TEST_GE;
                test.k++;
                outcome = rf_region_decide(work, region, test);
            }
            region->pc += outcome ? i->jt : i->jf;
        }
        region->pc++;
    }
}

struct rf_proof rf_prove(struct rf_arena *arena, const struct rf_seccomp *policy, const struct rf_insn *insns,
                         size_t count) {
    struct rf_proof proof = {.result = RF_PROOF_MALFORMED};
    /* after this every load is of a word, every jump leads forward inside, and every path returns */
    if (count > RF_FILTER_MAX ||
        rf_view_check_filter(insns, (uint32_t)count, rf_machine_info[policy->machine].audit_arch) != RF_BLOB_OK)
        return proof;

    struct rf_policy_map map = rf_policy_cut(arena, policy);
    struct rf_worklist work = {.arena = arena};
    struct rf_region region;
    rf_region_all(&region);
    rf_worklist_push(&work, &region);
    while (work.count) {
        if (proof.cells == RF_PROOF_CELLS_MAX || work.tests > RF_PROOF_TESTS_MAX) {
            proof.result = RF_PROOF_TOO_LARGE;
            return proof;
        }
        region = work.regions[--work.count];
        if (!region.decided) run(insns, &work, &region);
        uint32_t policy_says = rf_policy_region(&map, &work, &region);
        proof.cells++;
        if (policy_says == region.says) continue;
        proof.result = RF_DIFFERS;
        proof.filter_says = region.says;
        proof.policy_says = policy_says;
        rf_region_witness(&region, &proof.witness);
        return proof;
    }
    proof.result = RF_PROVEN;
    return proof;
}

static bool add_answer(struct rf_answer *answers, size_t *count, size_t most, const struct rf_region *region) {
    for (size_t i = 0; i < *count; i++)
        if (answers[i].says == region->says) return true;
    if (*count == most) return false;
    answers[*count].says = region->says;
    rf_region_witness(region, &answers[(*count)++].witness);
    return true;
}

size_t rf_bpf_answers(struct rf_arena *arena, const struct rf_insn *insns, enum rf_machine abi, uint32_t number,
                      const struct rf_cond *where, struct rf_answer *answers, size_t most, bool *complete) {
    struct rf_worklist work = {.arena = arena};
    struct rf_region region;
    size_t count = 0;
    *complete = true;
    rf_region_call(&region, abi, number);
    rf_worklist_push(&work, &region);
    for (size_t cells = 0; work.count && *complete; cells++) {
        region = work.regions[--work.count];
        if (cells == RF_PROOF_CELLS_MAX) *complete = false;
        if (where && !rf_policy_holds(&work, &region, where)) continue;
        if (!region.decided) run(insns, &work, &region);
        if (!add_answer(answers, &count, most, &region)) *complete = false;
    }
    return count;
}
