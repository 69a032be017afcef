/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands.  Each gets its own arguments and returns the process's exit code:
 * 0 clean, 1 findings, 2 wrong use, 3 cannot read or internal. */
#ifndef RF_COMMANDS_H
#define RF_COMMANDS_H

#include <stdbool.h>

enum { EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, EXIT_TROUBLE };

struct options {
    const char *const *include; /* -I */
    int include_count;
    const char *output; /* -o */
    const char *hot;    /* --hot, or NULL */
    bool markdown, disassemble, color, quiet;
    char *const *parameters; /* --param, as "--param", "k=v" pairs for ringfence-run */
    int parameter_count;
    char **operands;
    int operand_count;
    char **program; /* behind --, NULL-terminated; NULL without it */
};

int rf_command_check(const struct options *o);
int rf_command_compile(const struct options *o);
int rf_command_inspect(const struct options *o);
int rf_command_schema(const struct options *o);
int rf_command_run(const struct options *o);

#endif
