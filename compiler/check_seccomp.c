/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp section as far as it can be judged before it is lowered: rules and their conditions. */
#include "check.h"

#include <string.h>

/* A place inside the text of a condition, when the text stands in the file as it is. */
static struct span inside(const struct value *v, uint32_t start, uint32_t end) {
    struct span at = v->at;
    if (v->indent == RF_INEXACT || at.line != at.end_line) return at;
    at.column += v->indent + start;
    at.end_column = v->at.column + v->indent + end;
    return at;
}

static const struct rf_cond *parse(struct compile_context *c, const struct item *rule, enum rf_machine machine,
                                   struct rf_expr_error *error) {
    const char *name = RF_FIELD(rule, rule, call).text;
    bool unless = RF_FIELD(rule, rule, unless).set;
    *error = (struct rf_expr_error){0};
    return rf_expr_parse(c->arena, rf_syscall_find(name, strlen(name)), machine,
                         unless ? RF_FIELD(rule, rule, unless).text : RF_FIELD(rule, rule, when).text, error);
}

static void report(struct compile_context *c, const struct item *rule, const struct rf_expr_error *error) {
    bool unless = RF_FIELD(rule, rule, unless).set;
    const struct value *text = unless ? &RF_FIELD(rule, rule, unless) : &RF_FIELD(rule, rule, when);
    struct diag *d = rf_diag(c->diags, D_BAD_CONDITION, inside(text, error->start, error->end), "%s", error->message);
    if (error->help) rf_diag_label(c->diags, d, "%s", error->help);
}

const struct rf_cond *rf_check_condition(struct compile_context *c, const struct item *rule, enum rf_machine machine) {
    struct rf_expr_error error;
    const struct rf_cond *cond = parse(c, rule, machine, &error);
    if (!cond) report(c, rule, &error);
    return cond;
}

/* On each of the policy's machines; on one at least where the machines are not said. */
static void check_condition(struct compile_context *c, const struct policy *p, const struct item *rule) {
    struct rf_expr_error error;
    const char *name = RF_FIELD(rule, rule, call).text;
    const struct rf_syscall *call = rf_syscall_find(name, strlen(name));
    for (size_t i = 0; i < p->arch.count; i++) {
        enum rf_machine machine = (enum rf_machine)p->arch.items[i].num;
        if (call->number[machine] >= 0) rf_check_condition(c, rule, machine);
    }
    if (p->arch.count) return;
    for (unsigned m = 0; m < RF_MACHINES; m++)
        if (parse(c, rule, (enum rf_machine)m, &error)) return;
    report(c, rule, &error);
}

void rf_check_seccomp(struct compile_context *c, const struct file *file) {
    const struct policy *p = &file->merged;
    const struct value *parts[] = {&p->seccomp_default, &p->seccomp_allow, &p->seccomp_kill, &p->seccomp_errno,
                                   &p->seccomp_rules};
    for (size_t i = 0; p->seccomp_mode.set && i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i]->set) continue;
        struct diag *d = rf_diag(c->diags, D_NO_SECCOMP_BESIDE, p->seccomp_mode.at,
                                 "seccomp is none, yet a filter is stated or inherited");
        rf_diag_other(c->diags, d, parts[i]->at, "part of a filter");
        return;
    }
    for (size_t i = 0; i < p->seccomp_rules.count; i++) {
        const struct item *rule = &p->seccomp_rules.items[i];
        if (rule->gone) continue;
        bool when = RF_FIELD(rule, rule, when).set, unless = RF_FIELD(rule, rule, unless).set;
        if (when == unless)
            rf_diag(c->diags, when ? D_BAD_ENTRY : D_MISSING_FIELD, rule->at,
                    "a rule has exactly one of 'when' and 'unless'");
        else
            check_condition(c, p, rule);
        const struct item *allowed = rf_item_find(&p->seccomp_allow, RF_FIELD(rule, rule, call).text);
        if (RF_FIELD(rule, rule, then).action.kind != RF_ACT_ALLOW || !allowed || allowed->gone ||
            (allowed->group && p->kernel.set && allowed->since > p->kernel.num))
            continue;
        struct diag *d = rf_diag(c->diags, D_ALLOWED_ANYWAY, rule->at,
                                 "'%s' is allowed outright: this rule adds nothing", RF_FIELD(rule, rule, call).text);
        rf_diag_other(c->diags, d, allowed->at, "allowed here");
        rf_diag_help(c->diags, d,
                     "to narrow it write {unless: CONDITION, then: errno(EPERM)}, or take it out of allow");
    }
}
