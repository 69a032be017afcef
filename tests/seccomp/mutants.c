/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mutants [-I DIR]... POLICY...
 *
 * Every single-bit mutant of every filter of the policies: it is refused as a program, or the proof tells it from its
 * policy by a witness on which the two do differ when they are run, or it changes no decision by proof, and then by none
 * of many inputs either.  Likewise every policy that differs in one place, against the filter of the unchanged one: told
 * apart by a witness, or equal, and then its own filter is equal to the unchanged policy as well.
 */
#include "../unit/seccomp_mutants.h"
#include "shipped.h"

#include <string.h>

#define INPUTS 500 /* tried on a mutant that is said to change nothing */

struct tally {
    size_t refused, caught, equal;
};

static struct rf_insn changed[RF_FILTER_MAX], remade[RF_FILTER_MAX];

static void check_witness(const struct rf_seccomp *policy, const struct rf_insn *insns, size_t count,
                          const struct rf_proof *proof) {
    MUST(proof->filter_says != proof->policy_says);
    MUST(rf_bpf_run(insns, count, &proof->witness, NULL) == proof->filter_says);
    MUST(kit_answer(policy, &proof->witness) == proof->policy_says);
}

static void check_inputs(struct kit *kit, const struct rf_seccomp *policy, const struct rf_insn *insns, size_t count) {
    for (int i = 0; i < INPUTS; i++) {
        struct rf_seccomp_data data = kit_input(kit, policy);
        MUST(rf_bpf_run(insns, count, &data, NULL) == kit_answer(policy, &data));
    }
}

static void judge_filter(struct kit *kit, const struct rf_seccomp *policy, const struct lowered_filter *filter,
                         struct tally *tally) {
    uint32_t arch = rf_machine_info[policy->machine].audit_arch;
    if (rf_view_check_filter(changed, (uint32_t)filter->count, arch) != RF_BLOB_OK) {
        tally->refused++;
        return;
    }
    struct rf_arena *arena = rf_arena_new();
    struct rf_proof proof = rf_prove(arena, policy, changed, filter->count);
    rf_arena_free(arena);
    if (proof.result == RF_DIFFERS) {
        check_witness(policy, changed, filter->count, &proof);
        MUST(rf_bpf_run(filter->insns, filter->count, &proof.witness, NULL) == proof.policy_says);
        tally->caught++;
    } else {
        MUST(proof.result == RF_PROVEN);
        check_inputs(kit, policy, changed, filter->count);
        tally->equal++;
    }
}

static struct tally mutants_of_filter(struct kit *kit, const struct lowered_filter *filter) {
    struct tally tally = {0};
    memcpy(changed, filter->insns, filter->count * sizeof *changed);
    for (size_t i = 0; i < filter->count; i++)
        for (unsigned bit = 0; bit < KIT_BITS; bit++) {
            kit_flip(&changed[i], bit);
            judge_filter(kit, &filter->policy, filter, &tally);
            kit_flip(&changed[i], bit);
        }
    return tally;
}

static struct tally mutants_of_policy(const struct lowered_filter *filter) {
    struct tally tally = {0};
    for (size_t i = 0;; i++) {
        struct rf_arena *arena = rf_arena_new();
        struct rf_seccomp mutant;
        bool more = kit_mutant(arena, &filter->policy, i, &mutant);
        if (more) {
            struct rf_proof proof = rf_prove(arena, &mutant, filter->insns, filter->count);
            if (proof.result == RF_DIFFERS) {
                check_witness(&mutant, filter->insns, filter->count, &proof);
                tally.caught++;
            } else {
                MUST(proof.result == RF_PROVEN);
                size_t count = rf_gen(arena, &mutant, remade);
                MUST(count && rf_prove(arena, &filter->policy, remade, count).result == RF_PROVEN);
                tally.equal++;
            }
        }
        rf_arena_free(arena);
        if (!more) return tally;
    }
}

static void look(struct rf_arena *arena, const struct lower *policy) {
    for (size_t i = 0; i < policy->filter_count; i++) {
        const struct lowered_filter *filter = &policy->filters[i];
        struct kit kit = {.arena = arena, .state = 4711 + i};
        shipped_learn(&kit, &filter->policy);
        struct tally bits = mutants_of_filter(&kit, filter), meanings = mutants_of_policy(filter);
        printf("%s, %s: %zu instructions, %zu mutants: %zu refused, %zu caught, %zu change no decision; "
               "%zu changed policies: %zu caught, %zu mean the same\n",
               policy->p->name.text, rf_machine_info[filter->policy.machine].name, filter->count,
               filter->count * KIT_BITS, bits.refused, bits.caught, bits.equal, meanings.caught + meanings.equal,
               meanings.caught, meanings.equal);
        /* a proof that found all equal, or nothing, would be none */
        MUST(bits.refused + bits.caught + bits.equal == filter->count * KIT_BITS);
        MUST(bits.caught > 10 * bits.equal && bits.refused > bits.equal);
        MUST(meanings.caught > meanings.equal);
    }
}

int main(int argc, char **argv) {
    shipped_each(argc, argv, look);
    return 0;
}
