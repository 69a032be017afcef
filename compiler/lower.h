/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lowering: a checked policy to kernel numbers (struct rf_plan), with the source line of every record.
 * Each lower_*.c fills the sections of one layer.  Records are put in the order that blob.v1.md asks for, so
 * that the order of writing never changes the blob.
 */
#ifndef RF_LOWER_H
#define RF_LOWER_H

#include "../schemas/blob/build.h"
#include "policy.h"

/* Behind the `origin` of every rule of a lowered policy. */
struct rule_origin {
    struct span at;
    const char *key; /* "seccomp.allow", "rule families" */
    bool judged;     /* written by name in the main policy, and always there: what it says is meant for these calls */
    const struct item *rule; /* NULL: an entry of a list */
};

struct lowered_filter {
    struct rf_seccomp policy;
    struct rf_insn *insns;
    size_t count;
};

struct lower {
    struct compile_context *c;
    const struct file *file;
    const struct policy *p;
    struct rf_pool *pool;
    struct rf_plan plan;
    struct lowered_filter filters[RF_MACHINES];
    size_t filter_count;
    struct rf_fill *fills;
    size_t fill_count;
    struct rf_map_entry *entries;
    size_t entry_count;
};

/* Fills everything of `l` but c and file, which the caller sets. Reports what only shows here (seccomp). */
void rf_lower(struct lower *l);

/* lower_process.c, lower_root.c, lower_resources.c, lower_seccomp.c, lower_landlock.c */
/* lower_process.c, lower_tuning.c, lower_root.c, lower_resources.c, lower_seccomp.c */
void rf_lower_process(struct lower *l);
void rf_lower_tuning(struct lower *l);
void rf_lower_root(struct lower *l);
void rf_lower_resources(struct lower *l);
void rf_lower_seccomp(struct lower *l);
void rf_lower_landlock(struct lower *l);

/* Helpers. */
struct rf_str rf_lower_string(struct lower *l, const char *text);
struct rf_text rf_lower_text(struct lower *l, const struct value *v);
/* The text of an argument or variable, behind `before`: where it holds a parameter it is empty, and a record of FILLS has
 * it. */
struct rf_str rf_lower_filled(struct lower *l, enum rf_section_type section, size_t i, const char *before,
                              const struct item *item);
/* Record i of a section gets this parameter for its number. */
void rf_lower_fill_number(struct lower *l, enum rf_section_type section, size_t i, const char *parameter);
/* `count` zeroed records for a section, registered in the plan; NULL for count 0. */
void *rf_lower_records(struct lower *l, enum rf_section_type type, size_t count, size_t size);
/* Live members of a value, sorted by name; *count gets their number. */
const struct item **rf_lower_sorted(struct lower *l, const struct value *v, size_t *count);
/* Remembers where record `index` of a section was written; presets are not noted. */
void rf_lower_note(struct lower *l, enum rf_section_type section, uint32_t index, struct span at);
/* The same for a call in a FILTER section, and the SECCOMP_RET_* that the line gives it. */
void rf_lower_note_action(struct lower *l, enum rf_section_type section, uint32_t index, uint32_t ret, struct span at);
/* The section of a machine's filter. */
enum rf_section_type rf_lower_section(enum rf_machine machine);
/* The index of a call in the source map: numbers of one filter's ABIs must not be taken for each other. */
uint32_t rf_lower_call_index(enum rf_machine abi, uint32_t number);
bool rf_lower_is_optional(const struct lower *l, const char *key);

#define RF_LOWER_RECORDS(l, type, record, count) ((record *)rf_lower_records(l, RF_##type, count, sizeof(record)))
#define RF_LOWER_NOTE_FIELD(l, type, record, member, value)                                                            \
    rf_lower_note(l, RF_##type, (uint32_t)offsetof(record, member), (value)->at)

#endif
