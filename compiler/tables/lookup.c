/* SPDX-License-Identifier: Apache-2.0 */
#include "data.h"

#include <string.h>

/* AUDIT_ARCH_* spelt out: the compiler may be built where linux/audit.h lacks a machine. */
const struct rf_machine_info rf_machine_info[RF_ABIS] = {
    [RF_X86_64] = {"x86_64", 0xc000003eu, RF_X86_64, 64},    [RF_AARCH64] = {"aarch64", 0xc00000b7u, RF_AARCH64, 64},
    [RF_RISCV64] = {"riscv64", 0xc00000f3u, RF_RISCV64, 64}, [RF_I386] = {"i386", 0x40000003u, RF_X86_64, 32},
    [RF_X32] = {"x32", 0xc000003eu, RF_X86_64, 32},          [RF_ARM] = {"arm", 0x40000028u, RF_AARCH64, 32},
};

static int compare(const char *name, size_t length, const char *entry) {
    int order = strncmp(name, entry, length);
    if (order) return order;
    return entry[length] ? -1 : 0;
}

/* Element of a sorted array of records whose first member is their name, or NULL.  A name with a NUL
 * inside matches nothing: strncmp would stop there. */
static const void *find(const void *array, size_t count, size_t size, const char *name, size_t length) {
    if (memchr(name, 0, length)) return NULL;
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *at = (const char *)array + middle * size;
        const char *entry;
        memcpy(&entry, at, sizeof entry);
        int order = compare(name, length, entry);
        if (order == 0) return at;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct rf_syscall *rf_syscall_find(const char *name, size_t length) {
    return find(rf_syscalls, rf_syscall_count, sizeof rf_syscalls[0], name, length);
}

const struct rf_syscall *rf_syscall_by_number(enum rf_machine machine, uint32_t number) {
    const struct rf_tables_numbers *numbers = &rf_tables_numbers[machine];
    if (machine == RF_X32) {
        if (number < RF_X32_BIT) return NULL;
        number -= RF_X32_BIT;
    }
    if (machine == RF_ARM && number >= RF_TABLES_PRIVATE) {
        if (number < RF_ARM_PRIVATE) return NULL;
        number -= RF_ARM_PRIVATE - RF_TABLES_PRIVATE;
    }
    if (number >= numbers->count || numbers->index[number] < 0) return NULL;
    return &rf_syscalls[numbers->index[number]];
}

/* x32 has the registers and most entry points of x86_64; behind 512 those that 32-bit programs use. */
const struct rf_sysargs *rf_syscall_args(const struct rf_syscall *call, enum rf_machine abi) {
    bool narrow = rf_machine_info[abi].bits == 32;
    if (abi == RF_X32) narrow = call->number[abi] >= (int32_t)(RF_X32_BIT + 512);
    return narrow ? &call->args32 : &call->args;
}

bool rf_constant_find(enum rf_machine machine, const char *name, size_t length, uint64_t *value) {
    const struct rf_tables_constant *constant =
        find(rf_tables_constants, rf_tables_constant_count, sizeof rf_tables_constants[0], name, length);
    if (!constant || !(constant->machines >> machine & 1)) return false;
    *value = constant->value[machine];
    return true;
}

const char *rf_constant_name(size_t i) {
    return i < rf_tables_constant_count ? rf_tables_constants[i].name : NULL;
}

const struct rf_group_info *rf_group_find(const char *name, size_t length) {
    return find(rf_groups, rf_group_count, sizeof rf_groups[0], name, length);
}

uint32_t rf_errno_find(const char *name, size_t length) {
    const struct rf_tables_errno *error =
        find(rf_tables_errnos, rf_tables_errno_count, sizeof rf_tables_errnos[0], name, length);
    return error ? error->value : 0;
}

const char *rf_errno_name(uint32_t value) {
    return value < rf_tables_errno_name_count ? rf_tables_errno_names[value] : NULL;
}

const char *rf_errno_at(size_t i) {
    return i < rf_tables_errno_count ? rf_tables_errnos[i].name : NULL;
}
