/* SPDX-License-Identifier: Apache-2.0 */
/* What a merged policy must be to be compiled: a table of named checks. */
#ifndef RF_CHECK_H
#define RF_CHECK_H

#include "policy.h"

/* Runs every check on file->merged and reports. A base is checked as far as it says anything. */
void rf_check(struct compile_context *c, const struct file *file);

/* Only whether required keys are there: for a file that has other errors already. */
void rf_check_required(struct compile_context *c, const struct file *file);

/* check_parameters.c */
void rf_check_parameters(struct compile_context *c, const struct file *file);
/* check_root.c */
void rf_check_root(struct compile_context *c, const struct file *file);
/* check_landlock.c */
void rf_check_landlock(struct compile_context *c, const struct file *file);
/* Whether the policy says anything under landlock: then every file access is refused that no list gives. */
bool rf_check_has_landlock(const struct policy *p);
/* check_tuning.c */
void rf_check_tuning(struct compile_context *c, const struct file *file);
/* check_service.c: supervision, and what a service manager hands on. */
void rf_check_service(struct compile_context *c, const struct file *file);
/* check_seccomp.c */
void rf_check_seccomp(struct compile_context *c, const struct file *file);
/* Whether what the rule's `given` asks of the finished policy holds for calls of this ABI; without one it does. */
bool rf_check_given(const struct policy *p, const struct item *rule, enum rf_machine abi);
/* Whether the rule speaks of this call, at the policy's kernel. */
bool rf_check_rule_names(const struct policy *p, const struct item *rule, const struct rf_syscall *call);
/* The condition of a rule on one of its calls for one ABI, that of `unless` negated: false after a diagnostic that
 * points into its text; else *cond, NULL when the rule has no condition. */
bool rf_check_condition(struct compile_context *c, const struct item *rule, const struct rf_syscall *call,
                        enum rf_machine abi, const struct rf_cond **cond);
/* check_seal.c: optional, require, and the `never` entries about capabilities and keys; those about calls
 * need the lowered filters: rf_check_never_calls(). */
void rf_check_seal(struct compile_context *c, const struct file *file);
void rf_check_never_calls(struct compile_context *c, const struct file *file, const struct rf_seccomp *filters,
                          size_t count);

/* check_expect.c: `expect` against the filters, when they are generated. */
struct lowered_filter;
void rf_check_expect(struct compile_context *c, const struct file *file, const struct lowered_filter *filters,
                     size_t count);

/* check_rules.c: rules of the main policy that can never apply, always apply, or never decide. */
struct lower;
void rf_check_rules(struct lower *l);
/* check_habits.c: filters that let more through, or break more, than their author is likely to mean. */
void rf_check_habits(struct lower *l);

/* A place to point at when a key is not written anywhere: the policy's name, else its first line. */
struct span rf_check_place(const struct file *file);

/* Two keys that cannot both hold: the one at `at`, and the one at `other` if a file says that. */
void rf_check_contradiction(struct compile_context *c, struct span at, struct span other, const char *message,
                            const char *help);

bool rf_check_is_base(const struct file *file);

/* The fields of a record by name. */
#define RF_FIELD(item, record, id) ((item)->fields[FIELD_##record##_##id])

#endif
