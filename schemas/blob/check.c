/* SPDX-License-Identifier: Apache-2.0 */
/* One seccomp filter, checked more strictly than the kernel does. */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "reader.h"

#define DATA_ARCH                4u
#define DATA_INSTRUCTION_POINTER 8u
#define DATA_ARGS                16u
#define DATA_END                 64u
#define ERRNO_MAX                4095u

/* All jumps go forward, so one walk from the first instruction sees every predecessor of an instruction before the
 * instruction itself. */
struct reach {
    uint32_t compat; /* the architecture word of the 32-bit ABI that the same filter may judge; 0: none */
    uint64_t any[RF_FILTER_MAX / 64];     /* some path comes here */
    uint64_t foreign[RF_FILTER_MAX / 64]; /* some path comes here on which the architecture did not match */
};

static bool get(const uint64_t *bits, uint32_t i) {
    return bits[i / 64] >> i % 64 & 1;
}
static void set(uint64_t *bits, uint32_t i) {
    bits[i / 64] |= UINT64_C(1) << i % 64;
}

static bool leads_to(struct reach *r, uint64_t target, uint32_t count, bool foreign) {
    if (target >= count) return false;
    set(r->any, (uint32_t)target);
    if (foreign) set(r->foreign, (uint32_t)target);
    return true;
}

static bool load_ok(uint32_t k) {
    if (k % 4 != 0 || k >= DATA_END) return false;
    return k < DATA_INSTRUCTION_POINTER || k >= DATA_ARGS;
}

static bool return_ok(uint32_t k, bool foreign) {
    if (k == SECCOMP_RET_KILL_PROCESS) return true;
    if (foreign) return false; /* the answer to another architecture is always the same */
    if (k == SECCOMP_RET_ALLOW || k == SECCOMP_RET_LOG || k == SECCOMP_RET_USER_NOTIF) return true;
    return k > SECCOMP_RET_ERRNO && k <= (SECCOMP_RET_ERRNO | ERRNO_MAX);
}

/* Where the architecture did not match, the accumulator still holds it: nothing else may be loaded there, and a
 * comparison with the machine's 32-bit one leads home. */
static bool comes_home(const struct reach *r, const struct rf_insn *insn, uint32_t i) {
    return i == 1 || (r->compat && insn->code == (BPF_JMP | BPF_JEQ | BPF_K) && insn->k == r->compat);
}

static bool insn_ok(struct reach *r, const struct rf_insn *insn, uint32_t i, uint32_t count) {
    bool foreign = get(r->foreign, i);
    uint64_t next = (uint64_t)i + 1;
    switch (insn->code) {
    case BPF_JMP | BPF_JEQ | BPF_K:
    case BPF_JMP | BPF_JGT | BPF_K:
    case BPF_JMP | BPF_JGE | BPF_K:
    case BPF_JMP | BPF_JSET | BPF_K:
        return leads_to(r, next + insn->jt, count, foreign && !comes_home(r, insn, i)) &&
               leads_to(r, next + insn->jf, count, foreign);
    default: break;
    }
    if (insn->jt != 0 || insn->jf != 0) return false;
    switch (insn->code) {
    case BPF_LD | BPF_W | BPF_ABS:
        if (!load_ok(insn->k) || (foreign && i != 0)) return false;
        return leads_to(r, next, count, foreign);
    case BPF_ALU | BPF_AND | BPF_K: return !foreign && leads_to(r, next, count, false);
    case BPF_JMP | BPF_JA: return leads_to(r, next + insn->k, count, foreign);
    case BPF_RET | BPF_K: return return_ok(insn->k, foreign);
    default: return false;
    }
}

static uint32_t compat_of(uint32_t audit_arch) {
    if (audit_arch == AUDIT_ARCH_X86_64) return AUDIT_ARCH_I386;
    return audit_arch == AUDIT_ARCH_AARCH64 ? AUDIT_ARCH_ARM : 0;
}

enum rf_blob_error rf_view_check_filter(const struct rf_insn *insns, uint32_t count, uint32_t audit_arch) {
    if (count < 2 || count > RF_FILTER_MAX) return RF_BLOB_E_FILTER;
    if (insns[0].code != (BPF_LD | BPF_W | BPF_ABS) || insns[0].k != DATA_ARCH) return RF_BLOB_E_FILTER;
    if (insns[1].code != (BPF_JMP | BPF_JEQ | BPF_K) || insns[1].k != audit_arch) return RF_BLOB_E_FILTER;
    struct reach r = {.compat = compat_of(audit_arch)};
    (void)leads_to(&r, 0, count, true); /* 0 < count */
    for (uint32_t i = 0; i < count; i++) {
        if (!get(r.any, i) || !insn_ok(&r, &insns[i], i, count)) return RF_BLOB_E_FILTER;
    }
    return RF_BLOB_OK;
}
