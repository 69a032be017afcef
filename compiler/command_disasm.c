/* SPDX-License-Identifier: Apache-2.0 */
/* disasm: a filter's instructions, with the names that the numbers have where they stand. */
#include "commands.h"
#include "filters.h"

#include <inttypes.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <string.h>

#define SEEN_FOREIGN (1u << RF_ABIS) /* the architecture has matched none so far */

/* What is known where an instruction stands, over all paths that lead there. */
struct known {
    bool reached;
    uint32_t abis;         /* a bit each, x32 with x86_64; SEEN_FOREIGN */
    uint32_t lowest, high; /* of the number */
    uint32_t word;         /* offset of what is in the accumulator; UINT32_MAX: differs */
};

static void join(struct known *into, struct known from) {
    if (!into->reached) {
        *into = from;
        into->reached = true;
        return;
    }
    into->abis |= from.abis;
    if (from.lowest < into->lowest) into->lowest = from.lowest;
    if (from.high > into->high) into->high = from.high;
    if (from.word != into->word) into->word = UINT32_MAX;
}

/* Narrows the number by a test on it that came out so. */
static struct known after(struct known k, const struct rf_insn *i, bool yes) {
    unsigned op = BPF_OP(i->code);
    if (k.word == 4 && op == BPF_JEQ) {
        uint32_t match = 0;
        for (unsigned abi = 0; abi < RF_ABIS; abi++)
            if (rf_machine_info[abi].audit_arch == i->k) match |= 1u << abi;
        k.abis = yes ? match : (k.abis & ~match) | SEEN_FOREIGN;
    }
    if (k.word != 0) return k;
    uint32_t least = op == BPF_JGT ? i->k + 1 : i->k; /* never JGT of all ones: our filters use JGE */
    if (op == BPF_JEQ && yes) k.lowest = k.high = i->k;
    if ((op == BPF_JGE || op == BPF_JGT) && yes && least > k.lowest) k.lowest = least;
    if ((op == BPF_JGE || op == BPF_JGT) && !yes && least && least - 1 < k.high) k.high = least - 1;
    return k;
}

static void walk(const struct filter *f, struct known *known) {
    known[0] = (struct known){true, SEEN_FOREIGN, 0, UINT32_MAX, UINT32_MAX};
    for (uint32_t at = 0; at < f->count; at++) {
        const struct rf_insn *i = &f->insns[at];
        struct known k = known[at];
        if (BPF_CLASS(i->code) == BPF_RET) continue;
        if (BPF_CLASS(i->code) == BPF_LD) k.word = i->k;
        if (BPF_CLASS(i->code) != BPF_JMP) {
            join(&known[at + 1], k);
        } else if (BPF_OP(i->code) == BPF_JA) {
            join(&known[at + 1 + i->k], k);
        } else {
            join(&known[at + 1 + i->jt], after(k, i, true));
            join(&known[at + 1 + i->jf], after(k, i, false));
        }
    }
}

/* The one ABI of a place whose number is `number`, or RF_ABIS. */
static unsigned abi_of(const struct known *k, uint32_t number) {
    unsigned found = RF_ABIS;
    for (unsigned abi = 0; abi < RF_ABIS; abi++) {
        if (!(k->abis >> abi & 1) || (abi == RF_X32 && number < RF_X32_BIT) ||
            (abi == RF_X86_64 && number >= RF_X32_BIT))
            continue;
        if (found != RF_ABIS) return RF_ABIS;
        found = abi;
    }
    return found;
}

static const struct rf_syscall *call_of(const struct known *k, uint32_t number) {
    unsigned abi = abi_of(k, number);
    return abi == RF_ABIS ? NULL : rf_syscall_by_number((enum rf_machine)abi, number);
}

/* The name of what a load brings in. */
static void print_word(const struct known *k, uint32_t offset) {
    const struct rf_syscall *call = k->lowest == k->high ? call_of(k, k->lowest) : NULL;
    if (offset == 0 || offset == 4) {
        fputs(offset ? "arch" : "number", stdout);
        return;
    }
    unsigned argument = (offset - 16) / 8;
    const char *half = offset & 4 ? ".high" : "";
    const struct rf_sysargs *args = call ? rf_syscall_args(call, (enum rf_machine)abi_of(k, k->lowest)) : NULL;
    if (args && argument < args->count)
        printf("%s.%s%s", call->name, args->list[argument].name, half);
    else
        printf("argument %u%s", argument, half);
}

/* The constant of a comparison: an architecture, a call, or a number. */
static void print_constant(const struct known *k, const struct rf_insn *i) {
    printf("0x%" PRIx32, i->k);
    if (k->word == 4)
        for (unsigned abi = 0; abi < RF_ABIS; abi++)
            if (rf_machine_info[abi].audit_arch == i->k && abi != RF_X32) printf(" (%s)", rf_machine_info[abi].name);
    if (k->word != 0) return;
    const struct rf_syscall *call = call_of(k, i->k);
    if (call) printf(" (%s)", call->name);
    if (i->k == RF_X32_BIT && k->abis >> RF_X86_64 & 1) fputs(" (x32)", stdout);
}

static void print_insn(const struct known *k, const struct rf_insn *i, uint32_t at) {
    static const char *const tests[] = {
        [BPF_JEQ >> 4] = "==", [BPF_JGT >> 4] = ">", [BPF_JGE >> 4] = ">=", [BPF_JSET >> 4] = "&"};
    char words[32];
    printf("%5" PRIu32 "  ", at);
    if (BPF_CLASS(i->code) == BPF_LD) {
        fputs("load ", stdout);
        print_word(k, i->k);
    } else if (BPF_CLASS(i->code) == BPF_ALU) {
        printf("and 0x%" PRIx32, i->k);
    } else if (BPF_CLASS(i->code) == BPF_RET) {
        printf("return %s", rf_action_words(i->k, words, sizeof words));
    } else if (BPF_OP(i->code) == BPF_JA) {
        printf("go to %" PRIu32, at + 1 + i->k);
    } else {
        printf("if %s ", tests[BPF_OP(i->code) >> 4]);
        print_constant(k, i);
        printf(" go to %" PRIu32 ", else %" PRIu32, at + 1 + i->jt, at + 1 + i->jf);
    }
}

/* The policy's first line about the one call that a place is about. */
static void print_line(const struct filters *f, const struct filter *filter, const struct known *k, uint32_t *last) {
    unsigned abi = k->lowest == k->high ? abi_of(k, k->lowest) : RF_ABIS;
    if (abi == RF_ABIS || k->lowest == *last) return;
    const struct rf_map_entry *e =
        rf_map_find(&f->map, filter->section, rf_lower_call_index((enum rf_machine)abi, k->lowest));
    *last = k->lowest;
    if (!e) return;
    fputs("  [", stdout);
    rf_diag_put(stdout, rf_map_file_name(&f->map, e));
    printf(":%" PRIu32 "]", e->line);
}

static void disassemble(struct compile_context *c, const struct filters *f, const struct filter *filter) {
    struct known *known = rf_arena_alloc(c->arena, filter->count * sizeof *known);
    uint32_t last = UINT32_MAX;
    walk(filter, known);
    printf("%s: %" PRIu32 " instructions\n", rf_machine_info[filter->machine].name, filter->count);
    for (uint32_t at = 0; at < filter->count; at++) {
        print_insn(&known[at], &filter->insns[at], at);
        print_line(f, filter, &known[at], &last);
        putchar('\n');
    }
}

int rf_command_disasm(const struct options *o) {
    struct job job;
    struct filters f;
    rf_job_start(&job, o);
    int only = o->arch ? rf_filters_abi(&job.context, o->arch) : -1;
    if (rf_diags_errors(job.context.diags) || !rf_filters_open(&job.context, o->operands[0], &f))
        return rf_job_finish(&job, o, EXIT_CLEAN);
    if (!f.count) puts("no filter (seccomp: none)");
    for (size_t i = 0; i < f.count; i++)
        if (only < 0 || rf_machine_info[only].carrier == f.list[i].machine) disassemble(&job.context, &f, &f.list[i]);
    return rf_job_finish(&job, o, EXIT_CLEAN);
}
