/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `process.terminal: pty`: a pseudo-terminal in a devpts of the payload's own.  The first process makes it and sends
 * both ends to the supervisor, over the socket that is then launch->ready; the payload process takes it as its streams
 * and its controlling terminal; the supervisor carries bytes between the master and the launcher's own streams.  The
 * launcher's terminal is never the payload's, neither as a descriptor nor as a controlling terminal.
 */
#ifndef RF_TERMINAL_H
#define RF_TERMINAL_H

#include "fail.h"

bool rf_terminal_wanted(const struct rf_launch *launch);

/* Steps; each does nothing where the policy has no terminal. */
void rf_terminal_make(struct rf_launch *launch);   /* first process, while /dev can be written */
void rf_terminal_attach(struct rf_launch *launch); /* payload process, leader of its session */

/*
 * Supervisor.  Bytes go at most a page at a time each way, and are read only when the page before has been written: a
 * side that is slow makes the other one wait, and neither makes the supervisor wait.
 */

/* The payload runs: takes the ends that the first process sent. */
void rf_terminal_take(struct rf_launch *launch);

#define RF_TERMINAL_POLLS 2
/* What to wait for: fills the entries, with -1 where there is nothing (a terminal of the launcher's is read, and made raw,
 * only while the launcher is in its foreground). */
void rf_terminal_poll(struct pollfd polls[RF_TERMINAL_POLLS]);
/* Carries on what poll found possible. */
void rf_terminal_relay(const struct pollfd polls[RF_TERMINAL_POLLS]);

/* The payload has ended: no more is read for it. */
void rf_terminal_end(void);
/* Then: whether all of its output has been written. */
bool rf_terminal_is_drained(void);

/* Before a signal is passed on: what it means to the terminals.  True: that was all. */
bool rf_terminal_signal(int signal);

/* The launcher's own terminal is as it was before the launch. */
void rf_terminal_restore(void);

#endif
