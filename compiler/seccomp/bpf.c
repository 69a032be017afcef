/* SPDX-License-Identifier: Apache-2.0 */
/* One program, one input; and the program in words. */
#include "seccomp.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>

static uint32_t word_at(const struct rf_seccomp_data *data, uint32_t offset) {
    if (offset == 0) return data->number;
    if (offset == 4) return data->arch;
    uint32_t index = (offset - 16) / 8; /* a checked program loads nothing at 8 and 12 */
    uint64_t argument = data->args[index < 6 ? index : 5];
    return (uint32_t)(offset & 4 ? argument >> 32 : argument);
}

static bool holds(uint16_t code, uint32_t a, uint32_t k) {
    switch (BPF_OP(code)) {
    case BPF_JEQ: return a == k;
    case BPF_JGT: return a > k;
    case BPF_JGE: return a >= k;
    default: return a & k; /* JSET */
    }
}

uint32_t rf_bpf_run(const struct rf_insn *insns, size_t count, const struct rf_seccomp_data *data, size_t *steps) {
    uint32_t a = 0;
    size_t done = 0;
    for (size_t at = 0; at < count; at++) {
        const struct rf_insn *i = &insns[at];
        done++;
        if (steps) *steps = done;
        switch (BPF_CLASS(i->code)) {
        case BPF_LD: a = word_at(data, i->k); break;
        case BPF_ALU: a &= i->k; break;
        case BPF_RET: return i->k;
        default:
            if (BPF_OP(i->code) == BPF_JA)
                at += i->k;
            else
                at += holds(i->code, a, i->k) ? i->jt : i->jf;
        }
    }
    return SECCOMP_RET_KILL_PROCESS; /* a checked program does not fall off its end */
}

static void word_name(char *buffer, size_t size, uint32_t offset) {
    if (offset == 0)
        snprintf(buffer, size, "number");
    else if (offset == 4)
        snprintf(buffer, size, "arch");
    else if (offset < 16 || offset >= 64)
        snprintf(buffer, size, "[%u]", offset);
    else
        snprintf(buffer, size, "arg%u.%s", (offset - 16) / 8, offset & 4 ? "high" : "low");
}

const char *rf_action_words(uint32_t ret, char *buffer, size_t size) {
    uint32_t data = ret & SECCOMP_RET_DATA;
    switch (ret & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW: snprintf(buffer, size, "allow"); break;
    case SECCOMP_RET_LOG: snprintf(buffer, size, "log"); break;
    case SECCOMP_RET_USER_NOTIF: snprintf(buffer, size, "notify"); break;
    case SECCOMP_RET_ERRNO:
        if (rf_errno_name(data))
            snprintf(buffer, size, "errno(%s)", rf_errno_name(data));
        else
            snprintf(buffer, size, "errno(%u)", data);
        break;
    case SECCOMP_RET_KILL_PROCESS: snprintf(buffer, size, "kill"); break;
    default: snprintf(buffer, size, "0x%08x", ret);
    }
    return buffer;
}

void rf_bpf_disassemble(const struct rf_insn *insn, size_t at, char *buffer, size_t size) {
    char name[32];
    const char *jump = BPF_OP(insn->code) == BPF_JEQ   ? "jeq"
                       : BPF_OP(insn->code) == BPF_JGT ? "jgt"
                       : BPF_OP(insn->code) == BPF_JGE ? "jge"
                                                       : "jset";
    switch (insn->code) {
    case BPF_LD | BPF_W | BPF_ABS:
        word_name(name, sizeof name, insn->k);
        snprintf(buffer, size, "%4zu: ld %s", at, name);
        break;
    case BPF_ALU | BPF_AND | BPF_K: snprintf(buffer, size, "%4zu: and #0x%x", at, insn->k); break;
    case BPF_RET | BPF_K:
        snprintf(buffer, size, "%4zu: ret %s", at, rf_action_words(insn->k, name, sizeof name));
        break;
    case BPF_JMP | BPF_JA: snprintf(buffer, size, "%4zu: ja %zu", at, at + 1 + insn->k); break;
    case BPF_JMP | BPF_JEQ | BPF_K:
    case BPF_JMP | BPF_JGT | BPF_K:
    case BPF_JMP | BPF_JGE | BPF_K:
    case BPF_JMP | BPF_JSET | BPF_K:
        snprintf(buffer, size, "%4zu: %s #0x%x, %zu, %zu", at, jump, insn->k, at + 1 + insn->jt, at + 1 + insn->jf);
        break;
    default: snprintf(buffer, size, "%4zu: code 0x%x, %u, %u, 0x%x", at, insn->code, insn->jt, insn->jf, insn->k);
    }
}
