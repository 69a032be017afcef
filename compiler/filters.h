/* SPDX-License-Identifier: Apache-2.0 */
/* One view of what a command is given: a policy, which is compiled, or a compiled one. */
#ifndef RF_FILTERS_H
#define RF_FILTERS_H

#include "../schemas/blob/view.h"
#include "lower.h"

struct filter {
    enum rf_machine machine;
    enum rf_section_type section;
    const struct rf_insn *insns;
    uint32_t count;
    const struct rf_seccomp *policy; /* NULL for a blob */
};

struct filters {
    struct rf_view view;
    struct rf_map map;         /* without files if it was stripped */
    const struct lower *lower; /* NULL for a blob */
    struct filter list[RF_MACHINES];
    size_t count; /* 0: the policy says seccomp: none */
};

/*
 * Reads `path`: a blob if it is a file that begins like one, else a policy (so is "-", and a pipe).  False after a diagnostic; a blob
 * that is refused is one as well.  Everything lives in c's arena.
 */
bool rf_filters_open(struct compile_context *c, const char *path, struct filters *f);

/* The same of a blob only; "-" is one from standard input. */
bool rf_filters_open_blob(struct compile_context *c, const char *path, struct filters *f);

/* The filter that judges calls of an ABI, or NULL. */
const struct filter *rf_filters_of(const struct filters *f, enum rf_machine abi);

/* Whether a filter has another answer than kill for some call of an ABI that its machine carries. */
bool rf_filters_judges(const struct filter *filter, enum rf_machine abi);

/* The ABI of that name; -1 after a diagnostic with a suggestion. */
int rf_filters_abi(struct compile_context *c, const char *name);

/* The policy line that gives this input its answer, as "web.ringfence.yaml:14: rule families", in the arena; of a blob
 * the line that gives the call that action. "" where nothing is known of it. */
const char *rf_filters_decider(struct compile_context *c, const struct filters *f, enum rf_machine abi,
                               const struct rf_seccomp_data *data, uint32_t says);

/* A call with its arguments in numbers, pointers as `*`, in the arena: "socket(0x28, 0x1, 0x0)". */
const char *rf_filters_call(struct compile_context *c, enum rf_machine abi, const struct rf_seccomp_data *data);

#endif
