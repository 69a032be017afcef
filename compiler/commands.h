/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands.  Each gets its own arguments and returns the process's exit code:
 * 0 clean, 1 findings, 2 wrong use, 3 cannot read or internal. */
#ifndef RF_COMMANDS_H
#define RF_COMMANDS_H

#include "filters.h"
#include "policy.h"

#include <stdbool.h>

enum { EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, EXIT_TROUBLE };

struct options {
    const char *const *include; /* -I */
    int include_count;
    const char *output; /* -o */
    const char *hot;    /* --hot, or NULL */
    const char *arch;   /* --arch, or NULL */
    const char *kernel; /* --kernel, or NULL */
    bool markdown, disassemble, color, quiet, raw, second_opinion;
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
int rf_command_simulate(const struct options *o);
int rf_command_explain(const struct options *o);
int rf_command_disasm(const struct options *o);
int rf_command_verify(const struct options *o);
int rf_command_export(const struct options *o);
int rf_command_groups(const struct options *o);

/* Prints what a call (text as in `never`, with values in place of flags to look for) gets on one ABI, a line for each
 * answer, and counts them in *told. An ABI that is not judged is left out unless it was asked for. False after a
 * diagnostic. */
bool rf_simulate_abi(struct compile_context *c, const struct filters *f, enum rf_machine abi, const char *text,
                     bool asked, size_t *told);

/* What every command over policies starts with and ends with. */
struct job {
    struct rf_arena *arena;
    struct diags diags;
    struct compile_context context;
};
void rf_job_start(struct job *job, const struct options *o);
/* Prints what was found and tells the exit code: that, or `code` where nothing was. */
int rf_job_finish(struct job *job, const struct options *o, int code);

#endif
