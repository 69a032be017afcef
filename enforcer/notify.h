/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who answers the calls for which the filter says "notify": a socket of the host gets the filter's listener.
 *
 * The listener comes into being with the filter, in a process that from then on can make no call that the filter does not
 * allow.  So a second thread, older than the filter and not under it, sends it; docs/launch-order.md says why so.
 */
#ifndef RF_NOTIFY_H
#define RF_NOTIFY_H

#include "fail.h"

/* Whether the policy has notifications. */
bool rf_notify_wanted(const struct rf_launch *launch);

/* Supervisor: connects to the policy's socket; nothing without a policy's socket. */
void rf_notify_connect(struct rf_launch *launch);

/* Payload process, before the filter: starts the thread that will send. */
void rf_notify_prepare(struct rf_launch *launch);

/* Payload process, under the filter, without a call: returns when the other side's socket has the listener.  The thread
 * fails the launch if that cannot be. */
void rf_notify_hand_over(int listener);

#endif
