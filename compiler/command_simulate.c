/* SPDX-License-Identifier: Apache-2.0 */
/* simulate: what a call gets, asked of the filter itself; export: the filter, for others. */
#include "commands.h"
#include "compile.h"
#include "filters.h"
#include "never_call.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct span nowhere;

#define ANSWERS_MAX 64u /* of one call: every errno that its rules name, and the other actions */

bool rf_simulate_abi(struct compile_context *c, const struct filters *f, enum rf_machine abi, const char *text,
                     bool asked, size_t *told) {
    struct never_call what;
    struct rf_expr_error error;
    struct rf_answer answers[ANSWERS_MAX];
    bool complete;
    char words[32];
    const struct filter *filter = rf_filters_of(f, abi);
    if (!filter || (!asked && !rf_filters_judges(filter, abi))) return true;
    if (!rf_never_call_parse(c->arena, text, abi, true, &what, &error)) {
        struct diag *d = rf_diag(c->diags, what.call ? D_BAD_CONDITION : D_UNKNOWN_CALL, nowhere, "%s", error.message);
        if (error.help) rf_diag_help(c->diags, d, "%s", error.help);
        return false;
    }
    int32_t number = what.call->number[abi];
    if (number < 0 && asked)
        rf_diag(c->diags, D_NOT_ON_ARCH, nowhere, "%s has no call '%s'", rf_machine_info[abi].name, what.call->name);
    if (number < 0) return !asked;
    size_t count =
        rf_bpf_answers(c->arena, filter->insns, abi, (uint32_t)number, what.where, answers, ANSWERS_MAX, &complete);
    for (size_t i = 0; i < count; i++) {
        const char *decider = rf_filters_decider(c, f, abi, &answers[i].witness, answers[i].says);
        printf("%-8s %-20s", rf_machine_info[abi].name, rf_action_words(answers[i].says, words, sizeof words));
        if (count > 1) printf("  such as %s", rf_filters_call(c, abi, &answers[i].witness));
        if (*decider) fputs("  [", stdout), rf_diag_put(stdout, decider), putchar(']');
        putchar('\n');
    }
    if (!complete) printf("%-8s (there may be more: the search was given up)\n", rf_machine_info[abi].name);
    *told += count;
    return true;
}

/* One number of a raw line in C's own bases; false if there is none. */
static bool read_number(char **at, uint64_t *value) {
    while (**at == ' ' || **at == '\t') (*at)++;
    if (!**at || **at == '\n') return false;
    char *end;
    errno = 0;
    bool negative = **at == '-';
    *value = negative ? (uint64_t)strtoll(*at, &end, 0) : strtoull(*at, &end, 0);
    bool good = end != *at && errno == 0 && (!*end || strchr(" \t\n", *end));
    *at = good ? end : NULL;
    return good;
}

/* ARCH NR A0 .. A5; arguments that are left out are 0. */
static bool read_raw(char *line, enum rf_machine *abi, struct rf_seccomp_data *data) {
    char *at = line + strspn(line, " \t"), name[16];
    size_t n = strcspn(at, " \t\n");
    uint64_t number;
    if (n == 0 || n >= sizeof name) return false;
    memcpy(name, at, n);
    name[n] = 0;
    unsigned i = 0;
    while (i < RF_ABIS && strcmp(rf_machine_info[i].name, name) != 0) i++;
    at += n;
    if (i == RF_ABIS || !read_number(&at, &number)) return false;
    *abi = (enum rf_machine)i;
    *data = (struct rf_seccomp_data){.arch = rf_machine_info[i].audit_arch, .number = (uint32_t)number};
    for (i = 0; i < 6; i++)
        if (!read_number(&at, &data->args[i])) return at != NULL;
    return !read_number(&at, &number) && at;
}

/* Every line gets one: a reader pairs them by counting. */
static void simulate_raw(struct compile_context *c, const struct filters *f) {
    char *line = NULL, words[32];
    size_t room = 0;
    unsigned long at = 0;
    while (getline(&line, &room, stdin) >= 0) {
        enum rf_machine abi;
        struct rf_seccomp_data data;
        at++;
        if (!read_raw(line, &abi, &data)) {
            rf_diag(c->diags, D_BAD_RAW, nowhere, "standard input, line %lu: not ARCH NR A0 .. A5", at);
            puts("error");
            continue;
        }
        const struct filter *filter = rf_filters_of(f, abi);
        uint32_t says = filter ? rf_bpf_run(filter->insns, filter->count, &data, NULL) : SECCOMP_RET_KILL_PROCESS;
        puts(f->count ? rf_action_words(says, words, sizeof words) : "allow");
    }
    free(line);
}

int rf_command_simulate(const struct options *o) {
    struct job job;
    struct filters f;
    size_t told = 0;
    rf_job_start(&job, o);
    struct compile_context *c = &job.context;
    int only = o->arch ? rf_filters_abi(c, o->arch) : -1;
    if (o->raw == (o->operand_count == 2)) {
        fputs("ringfence: simulate takes a call, such as 'socket(AF_VSOCK, ...)', or --raw\n", stderr);
        rf_arena_free(job.arena);
        return EXIT_USAGE;
    }
    if (rf_diags_errors(c->diags) || !rf_filters_open(c, o->operands[0], &f)) return rf_job_finish(&job, o, EXIT_CLEAN);
    if (o->raw) {
        simulate_raw(c, &f);
        return rf_job_finish(&job, o, EXIT_CLEAN);
    }
    if (!f.count) puts("allow: the policy has no filter (seccomp: none)");
    bool good = true;
    for (int abi = 0; abi < RF_ABIS && good && f.count; abi++)
        if (only < 0 || only == abi)
            good = rf_simulate_abi(c, &f, (enum rf_machine)abi, o->operands[1], only == abi, &told);
    if (good && f.count && !told)
        rf_diag(c->diags, D_NOT_ON_ARCH, nowhere, "no filter of '%s' judges this call", o->operands[0]);
    return rf_job_finish(&job, o, EXIT_CLEAN);
}

int rf_command_export(const struct options *o) {
    struct job job;
    struct filters f;
    if (strcmp(o->operands[0], "bpf") != 0 || !o->arch || !o->output) {
        fputs("ringfence: export is written 'export bpf FILE --arch MACHINE -o OUT'\n", stderr);
        return EXIT_USAGE;
    }
    if (strcmp(o->output, "-") == 0 && isatty(STDOUT_FILENO)) {
        fputs("ringfence: a filter is bytes, not text: redirect standard output\n", stderr);
        return EXIT_USAGE;
    }
    rf_job_start(&job, o);
    int machine = rf_filters_abi(&job.context, o->arch);
    if (machine < 0 || !rf_filters_open(&job.context, o->operands[1], &f)) return rf_job_finish(&job, o, EXIT_CLEAN);
    const struct filter *filter = rf_filters_of(&f, (enum rf_machine)machine);
    if (!filter || filter->machine != (enum rf_machine)machine) {
        struct diag *d =
            rf_diag(job.context.diags, D_NOT_ON_ARCH, nowhere, "'%s' has no filter for %s", o->operands[1], o->arch);
        if (filter)
            rf_diag_help(job.context.diags, d, "the filter of %s judges it too: export that",
                         rf_machine_info[filter->machine].name);
        return rf_job_finish(&job, o, EXIT_CLEAN);
    }
    /* struct sock_filter of linux/filter.h is what a blob holds: u16 code, u8 jt, u8 jf, u32 k */
    struct blob bytes = {(uint8_t *)(uintptr_t)filter->insns, filter->count * sizeof *filter->insns};
    rf_emit_file(&job.context, &bytes, o->output);
    return rf_job_finish(&job, o, EXIT_CLEAN);
}
