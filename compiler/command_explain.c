/* SPDX-License-Identifier: Apache-2.0 */
/* explain: everything in a policy that bears on one call, and what comes of it. */
#include "check.h"
#include "commands.h"
#include "filters.h"
#include "names.h"

#include <inttypes.h>
#include <string.h>

static const struct span nowhere;

static void print_place(struct span at) {
    if (!at.source) {
        fputs("  (default of the language): ", stdout);
        return;
    }
    fputs("  ", stdout);
    rf_diag_put(stdout, at.source->label);
    printf(":%" PRIu32 ": ", at.line);
}

/* What is written at a place, cut to its line. */
static void print_written(struct span at) {
    size_t length;
    if (!at.source) return;
    const char *line = rf_source_line(at.source, at.line, &length);
    uint32_t column = 1;
    for (size_t i = 0; i < length;) {
        const char *wrong;
        size_t n = rf_source_character(line + i, length - i, &wrong);
        if (column >= at.column && (at.end_line > at.line || column < at.end_column)) fwrite(line + i, 1, n, stdout);
        column++;
        i += n;
    }
}

static void explain_lists(const struct policy *p, const struct rf_syscall *call) {
    struct action_list list;
    for (size_t i = 0; rf_policy_list(p, i, &list); i++) {
        const struct item *item = rf_item_find(list.calls, call->name);
        if (!item) continue;
        print_place(item->at);
        printf("%s", list.key);
        if (list.action.kind == RF_ACT_ERRNO) printf(".%s", rf_errno_name(list.action.error));
        if (item->gone) fputs(": removed here", stdout);
        if (item->group && !item->gone) fputs(" through ", stdout), print_written(item->at);
        if (item->group && !item->gone && item->since > p->kernel.num)
            printf(", which has it from v%u.%u on only", item->since >> 16, item->since & 0xffff);
        putchar('\n');
    }
}

static void print_names(const char *what, const struct value *list) {
    if (!list->set) return;
    printf(" %s", what);
    for (size_t i = 0; i < list->count; i++) printf("%s%s", i ? ", " : " ", list->items[i].name);
}

/* What the rule's `given` asks for, and on which of the policy's ABIs it holds. */
static void explain_given(const struct policy *p, const struct item *rule) {
    enum rf_machine abis[RF_ABIS];
    const struct item *given = RF_FIELD(rule, rule, given).items;
    uint32_t kernel = (uint32_t)RF_FIELD(given, given, kernel).num;
    size_t count = rf_policy_abis(p, abis), holds = 0;
    for (size_t i = 0; i < count; i++) holds += rf_check_given(p, rule, abis[i]);
    fputs("; given", stdout);
    print_names("capability", &RF_FIELD(given, given, capability));
    print_names("no capability", &RF_FIELD(given, given, no_capability));
    print_names("arch", &RF_FIELD(given, given, arch));
    if (RF_FIELD(given, given, kernel).set) printf(" kernel v%u.%u", kernel >> 16, kernel & 0xffff);
    fputs(holds == count ? ": holds" : holds ? ": holds on" : ": does not hold", stdout);
    for (size_t i = 0; i < count && holds && holds < count; i++)
        if (rf_check_given(p, rule, abis[i])) printf(" %s", rf_machine_info[abis[i]].name);
}

static void explain_rules(const struct policy *p, const struct rf_syscall *call) {
    char words[32];
    for (size_t i = 0; i < p->seccomp_rules.count; i++) {
        const struct item *rule = &p->seccomp_rules.items[i];
        if (rule->gone || !rf_check_rule_names(p, rule, call)) continue;
        print_place(rule->at);
        printf("rule %s: %s", rule->name,
               rf_action_words(rf_action_ret(RF_FIELD(rule, rule, then).action), words, sizeof words));
        if (RF_FIELD(rule, rule, when).set) printf(" when %s", RF_FIELD(rule, rule, when).text);
        if (RF_FIELD(rule, rule, unless).set) printf(" unless %s", RF_FIELD(rule, rule, unless).text);
        if (RF_FIELD(rule, rule, given).set) explain_given(p, rule);
        putchar('\n');
    }
}

static void explain_never(const struct policy *p, const struct rf_syscall *call) {
    size_t n = strlen(call->name);
    for (size_t i = 0; i < p->never.count; i++) {
        const struct item *never = &p->never.items[i];
        if (never->num != NEVER_CALL || strncmp(never->text, call->name, n) != 0 || strchr("(", never->text[n]) == NULL)
            continue;
        print_place(never->at);
        printf("never: %s\n", never->text);
    }
}

/* What a blob's source map still knows: a line for each action that a rule gives the call. */
static void explain_map(const struct filters *f, const struct rf_syscall *call) {
    char words[32];
    for (uint32_t i = 0; i < f->map.entry_count; i++) {
        const struct rf_map_entry *e = &f->map.entries[i];
        for (int abi = 0; abi < RF_ABIS; abi++) {
            if (call->number[abi] < 0 || e->section != (uint32_t)rf_lower_section(rf_machine_info[abi].carrier) ||
                e->index != rf_lower_call_index((enum rf_machine)abi, (uint32_t)call->number[abi]))
                continue;
            fputs("  ", stdout);
            rf_diag_put(stdout, rf_map_file_name(&f->map, e));
            printf(":%" PRIu32 ": %s on %s\n", e->line, rf_action_words((uint32_t)e->action, words, sizeof words),
                   rf_machine_info[abi].name);
        }
    }
}

static void print_head(const struct rf_syscall *call) {
    printf("%s: since Linux %u.%u;", call->name, call->since >> 16, call->since & 0xffff);
    for (int abi = 0; abi < RF_ABIS; abi++)
        if (call->number[abi] >= 0) printf(" %s %" PRId32, rf_machine_info[abi].name, call->number[abi]);
    fputs("\n  arguments:", stdout);
    for (unsigned i = 0; i < call->args.count; i++)
        printf(" %s (%s%u bits)%s", call->args.list[i].name, call->args.list[i].is_pointer ? "pointer, " : "",
               call->args.list[i].width, i + 1 < call->args.count ? "," : "");
    fputs(call->args.count ? "\n  groups:" : " none\n  groups:", stdout);
    for (size_t g = 0; g < rf_group_count; g++)
        for (size_t i = 0; i < rf_groups[g].count; i++)
            if (strcmp(rf_groups[g].lines[i].name, call->name) == 0) printf(" @%s", rf_groups[g].name);
    putchar('\n');
}

static const struct rf_syscall *find_call(struct compile_context *c, const char *name) {
    const struct rf_syscall *call = rf_syscall_find(name, strlen(name));
    if (call) return call;
    const char *best = rf_name_guess_call(name, strlen(name));
    struct diag *d = rf_diag(c->diags, D_UNKNOWN_CALL, nowhere, "unknown system call '%s'", name);
    if (best) rf_diag_help(c->diags, d, "did you mean '%s'?", best);
    return NULL;
}

int rf_command_explain(const struct options *o) {
    struct job job;
    struct filters f;
    size_t told = 0;
    rf_job_start(&job, o);
    struct compile_context *c = &job.context;
    int only = o->arch ? rf_filters_abi(c, o->arch) : -1;
    const struct rf_syscall *call = find_call(c, o->operands[1]);
    if (!call || rf_diags_errors(c->diags) || !rf_filters_open(c, o->operands[0], &f))
        return rf_job_finish(&job, o, EXIT_CLEAN);
    print_head(call);
    puts("what the policy says");
    if (f.lower) {
        explain_lists(f.lower->p, call);
        explain_rules(f.lower->p, call);
        explain_never(f.lower->p, call);
    } else {
        explain_map(&f, call);
    }
    puts("what comes of it");
    if (!f.count) puts("allow: the policy has no filter (seccomp: none)");
    for (int abi = 0; abi < RF_ABIS && f.count; abi++)
        if (only < 0 || only == abi) rf_simulate_abi(c, &f, (enum rf_machine)abi, call->name, only == abi, &told);
    if (f.count && !told) puts("kill: no filter of the policy judges an ABI that has this call");
    return rf_job_finish(&job, o, EXIT_CLEAN);
}
