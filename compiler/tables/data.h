/* SPDX-License-Identifier: Apache-2.0 */
/* What gen.py writes and lookup.c searches; nobody else includes it. */
#ifndef RF_TABLES_DATA_H
#define RF_TABLES_DATA_H

#include "tables.h"

/* Where the private calls of arm begin in its list. */
#define RF_TABLES_PRIVATE 1000u

/* For each machine: index into rf_syscalls by number, -1 where no call has that number. */
struct rf_tables_numbers {
    const int16_t *index;
    uint32_t count;
};
extern const struct rf_tables_numbers rf_tables_numbers[RF_ABIS];

struct rf_tables_constant {
    const char *name;
    uint64_t value[RF_ABIS];
    uint8_t machines; /* bit n: machine n has it */
};
/* Sorted by name. */
extern const struct rf_tables_constant rf_tables_constants[];
extern const size_t rf_tables_constant_count;

struct rf_tables_errno {
    const char *name;
    uint32_t value;
};
/* Sorted by name. */
extern const struct rf_tables_errno rf_tables_errnos[];
extern const size_t rf_tables_errno_count;
/* The usual name of each value, NULL in gaps: aliases such as EWOULDBLOCK do not stand here. */
extern const char *const rf_tables_errno_names[];
extern const size_t rf_tables_errno_name_count;

#endif
