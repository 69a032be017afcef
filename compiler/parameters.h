/* SPDX-License-Identifier: Apache-2.0 */
/* What a declared parameter may be at launch: checks and lowering read it alike. */
#ifndef RF_PARAMETERS_H
#define RF_PARAMETERS_H

#include "../schemas/blob/view.h"
#include "policy.h"

/* The declaration behind a value's $(name), or NULL: none is there, or it is deleted. */
const struct item *rf_parameter_find(const struct policy *p, const char *name);

enum rf_param_type rf_parameter_type(const struct item *parameter);
const char *rf_parameter_type_name(const struct item *parameter);

/* The bound as the blob has it (`under` of struct rf_parameter), or NULL. */
const char *rf_parameter_bound(struct rf_arena *arena, const struct item *parameter);

/* Bytes of the longest value. */
uint32_t rf_parameter_longest(const struct item *parameter);

/* The greatest number that a value can be: its own, or that of its parameter. */
uint64_t rf_parameter_most(const struct policy *p, const struct value *v);

#endif
