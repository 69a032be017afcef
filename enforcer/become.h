/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RF_BECOME_H
#define RF_BECOME_H

#include "fail.h"

/* Makes the environment and finds the program as the payload's own identity: exit 127 if it is not there, 126
 * if it cannot be executed. */
void rf_become_resolve(struct rf_launch *launch);

/* execve. */
void rf_become_payload(struct rf_launch *launch);

#endif
