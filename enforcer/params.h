/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters: the only things a launch may still say. */
#ifndef RF_PARAMS_H
#define RF_PARAMS_H

#include "fail.h"

/* Gives every declared parameter its value, from --param or its fallback; fails for an undeclared,
 * repeated, missing or unacceptable one.  Then completes the records of FILLS. */
void rf_params_bind(struct rf_launch *launch);

/* Writes the value of a text into buffer; fails at `where` if it does not fit. */
void rf_params_text(const struct rf_launch *launch, const struct rf_text *text, char *buffer, size_t size,
                    struct rf_where where);

/* The PATH parameter with an `under` directory that the text rests on, or NULL. */
const struct rf_parameter *rf_params_under(const struct rf_launch *launch, const struct rf_text *text);

/* Whether the text is there at all. */
bool rf_params_present(const struct rf_text *text);

#endif
