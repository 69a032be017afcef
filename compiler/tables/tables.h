/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about Linux: system calls, named constants, groups, errno values.  All of it is generated from
 * the .tsv files beside this header; nothing here depends on the machine that compiles. */
#ifndef RF_TABLES_H
#define RF_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first RF_MACHINES are machines that a policy is for: one filter each.  Behind them stand further ABIs of
 * theirs, which a filter may carry beside its machine's own (`compat`). */
enum rf_machine { RF_X86_64, RF_AARCH64, RF_RISCV64, RF_MACHINES, RF_I386 = RF_MACHINES, RF_X32, RF_ARM, RF_ABIS };

/* __X32_SYSCALL_BIT of asm/unistd.h: x32 has the architecture word of x86_64 and its own range of numbers. */
#define RF_X32_BIT 0x40000000u

/* __ARM_NR_BASE of asm/unistd.h: the six private calls of arm lie behind it, far above all others. */
#define RF_ARM_PRIVATE 0x0f0000u

/* A kernel release as one comparable number: RF_RELEASE(6, 18). */
#define RF_RELEASE(major, minor) ((uint32_t)(major) << 16 | (uint32_t)(minor))

struct rf_machine_info {
    const char *name;        /* "x86_64", "i386", ... */
    uint32_t audit_arch;     /* AUDIT_ARCH_* of linux/audit.h */
    enum rf_machine carrier; /* the machine whose filter judges this ABI's calls; a machine's own: itself */
    uint8_t bits;            /* of a register, and so of the widest argument: 32 or 64 */
};
extern const struct rf_machine_info rf_machine_info[RF_ABIS];

struct rf_sysarg {
    const char *name;
    uint8_t width;   /* bits the kernel looks at: 16, 32 or 64 */
    bool is_signed;  /* compared as a signed number of that width */
    bool is_pointer; /* an address: conditions on it are refused */
};

struct rf_sysargs {
    bool known;    /* false: the list cannot be said (values split over registers), conditions on it are refused */
    uint8_t count; /* 0..6 */
    struct rf_sysarg list[6];
};

struct rf_syscall {
    const char *name;
    uint32_t since;           /* RF_RELEASE of the kernel that introduced it; at least RF_RELEASE(2, 6) */
    int32_t number[RF_ABIS];  /* -1: the ABI has no such call; x32's carry RF_X32_BIT */
    struct rf_sysargs args;   /* where a register has 64 bits */
    struct rf_sysargs args32; /* where it has 32 */
};

/* The arguments of a call as the kernel reads them from the registers of one ABI. */
const struct rf_sysargs *rf_syscall_args(const struct rf_syscall *call, enum rf_machine abi);

/* Sorted by name.  */
extern const struct rf_syscall rf_syscalls[];
extern const size_t rf_syscall_count;

/* The newest release whose calls the table holds. */
#define RF_NEWEST_KERNEL RF_RELEASE(7, 2)

const struct rf_syscall *rf_syscall_find(const char *name, size_t length);
const struct rf_syscall *rf_syscall_by_number(enum rf_machine machine, uint32_t number);

/* Value of a named constant (AF_UNIX, CLONE_NEWUSER, O_CREAT, ...) on a machine; false if there is none.
 * A negative one (AT_FDCWD, KEY_SPEC_*) is extended to 64 bits; no other has bit 63 set. */
bool rf_constant_find(enum rf_machine machine, const char *name, size_t length, uint64_t *value);
/* The i-th constant name for suggestions, or NULL past the end. */
const char *rf_constant_name(size_t i);

struct rf_group_line {
    const char *name; /* a system call, or "@group" */
    uint32_t since;   /* RF_RELEASE at which this line joined the group: frozen by `kernel:` */
};
struct rf_group_info {
    const char *name; /* without '@' */
    const char *why;  /* one line */
    const struct rf_group_line *lines;
    size_t count;
};
extern const struct rf_group_info rf_groups[];
extern const size_t rf_group_count;
const struct rf_group_info *rf_group_find(const char *name, size_t length); /* without '@' */

/* errno names (EPERM, ...): asm-generic values; the three machines agree. 0 if unknown. */
uint32_t rf_errno_find(const char *name, size_t length);
const char *rf_errno_name(uint32_t value); /* NULL if unknown */
const char *rf_errno_at(size_t i);         /* for suggestions; NULL past the end */

#endif
