/* SPDX-License-Identifier: Apache-2.0 */
/* A small world instead of the real tables: gaps, calls newer than a kernel, a machine without calls. */
#include "../../compiler/tables/tables.h"

#include <linux/audit.h>
#include <string.h>

const struct rf_machine_info rf_machine_info[RF_ABIS] = {
    [RF_X86_64] = {"x86_64", AUDIT_ARCH_X86_64, RF_X86_64, 64},
    [RF_AARCH64] = {"aarch64", AUDIT_ARCH_AARCH64, RF_AARCH64, 64},
    [RF_RISCV64] = {"riscv64", AUDIT_ARCH_RISCV64, RF_RISCV64, 64},
    [RF_I386] = {"i386", AUDIT_ARCH_I386, RF_X86_64, 32},
    [RF_X32] = {"x32", AUDIT_ARCH_X86_64, RF_X86_64, 32},
    [RF_ARM] = {"arm", AUDIT_ARCH_ARM, RF_AARCH64, 32},
};

#define OLD RF_RELEASE(2, 6)
#define CALL(n, release)                                                                                               \
    {                                                                                                                  \
        .name = "call" #n, .since = (release), .number = {                                                             \
            (n),                                                                                                       \
            3 * (n) + 5,                                                                                               \
            -1,                                                                                                        \
            2 * (n) + 1,                                                                                               \
            (int32_t)RF_X32_BIT + (n),                                                                                 \
            (n) < 40   ? (n)                                                                                           \
            : (n) < 60 ? (int32_t)RF_ARM_PRIVATE + (n)-38                                                              \
                       : -1                                                                                            \
        }                                                                                                              \
    }

/* x86_64: 10, 11, 21..29 and 41..59 are no calls; 30 and 65 are newer than 6.0 and below the highest (66) */
const struct rf_syscall rf_syscalls[] = {
    CALL(0, OLD),
    CALL(1, OLD),
    CALL(2, OLD),
    CALL(3, OLD),
    CALL(4, OLD),
    CALL(5, OLD),
    CALL(6, OLD),
    CALL(7, OLD),
    CALL(8, OLD),
    CALL(9, OLD),
    CALL(12, OLD),
    CALL(13, OLD),
    CALL(14, OLD),
    CALL(15, OLD),
    CALL(16, OLD),
    CALL(17, OLD),
    CALL(18, OLD),
    CALL(19, OLD),
    CALL(20, OLD),
    CALL(30, RF_RELEASE(6, 1)),
    CALL(31, OLD),
    CALL(32, OLD),
    CALL(33, OLD),
    CALL(34, OLD),
    CALL(35, OLD),
    CALL(36, OLD),
    CALL(37, OLD),
    CALL(38, OLD),
    CALL(39, OLD),
    CALL(40, OLD),
    CALL(60, OLD),
    CALL(64, OLD),
    CALL(65, RF_RELEASE(6, 11)),
    CALL(66, RF_RELEASE(5, 10)),
    CALL(70, RF_RELEASE(6, 12)),
    CALL(71, RF_RELEASE(6, 12)),
    CALL(72, RF_RELEASE(7, 0)),
};
const size_t rf_syscall_count = sizeof rf_syscalls / sizeof *rf_syscalls;

const struct rf_syscall *rf_syscall_by_number(enum rf_machine machine, uint32_t number) {
    for (size_t i = 0; i < rf_syscall_count; i++)
        if (rf_syscalls[i].number[machine] >= 0 && (uint32_t)rf_syscalls[i].number[machine] == number)
            return &rf_syscalls[i];
    return NULL;
}

static const struct {
    const char *name;
    uint64_t value;
} constants[] = {
    {"AF_UNIX", 1},
    {"AF_INET", 2},
    {"AF_INET6", 10},
    {"AF_VSOCK", 40},
    {"CLONE_NEWUSER", 0x10000000},
    {"PROT_EXEC", 4},
    {"AT_FDCWD", (uint64_t)-100},
    {"BIG", (uint64_t)1 << 40},
    {"ALL_ONES", UINT64_MAX},
};

bool rf_constant_find(enum rf_machine machine, const char *name, size_t length, uint64_t *value) {
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (strlen(constants[i].name) != length || memcmp(constants[i].name, name, length) != 0) continue;
        *value = constants[i].value + (machine == RF_AARCH64 && constants[i].value == 40); /* machines may differ */
        return true;
    }
    return false;
}

const char *rf_constant_name(size_t i) {
    return i < sizeof constants / sizeof *constants ? constants[i].name : NULL;
}

const struct rf_sysargs *rf_syscall_args(const struct rf_syscall *call, enum rf_machine abi) {
    return rf_machine_info[abi].bits == 32 ? &call->args32 : &call->args;
}

const char *rf_errno_name(uint32_t value) {
    return value == 1 ? "EPERM" : NULL;
}
