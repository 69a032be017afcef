/* SPDX-License-Identifier: Apache-2.0 */
/* What keys.def says, for editors and for people. */
#ifndef RF_SCHEMA_H
#define RF_SCHEMA_H

#include <stdio.h>

/* JSON Schema draft-07 (what SchemaStore takes). 0, or -1 when writing failed. */
int rf_schema_print(FILE *out);

/* The policy reference as Markdown. */
void rf_reference_print(FILE *out);

#endif
