/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
int rf_rules_ok(const char *text);
void *rf_view_copy(const char *text);
void *rf_view_copy(const char *text) {
    char *copy = rf_rules_ok(text) ? malloc(strlen(text) + 1) : NULL;
    return copy ? memcpy(copy, text, strlen(text) + 1) : NULL;
}
