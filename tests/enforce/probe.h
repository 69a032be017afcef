/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload of the enforcement tests: a static program that reports how it is confined.
 *
 *   probe.c         modes, chosen by the first argument
 *   probe_report.c  `json`: everything that the kernel tells a process about itself
 *   probe_tuning.c  the part of it about scheduling, memory policy and the like
 *   probe_calls.c   system calls tried in forked children
 *   probe_reach.c   `reach`: single attempts on files, ports, sockets and processes
 *   probe_service.c what services and their manager say to each other
 *   probe_terminal.c  `terminal`: tells about its terminal, and obeys what is typed
 *
 * Only the report uses more than a dozen system calls, so that the other modes work under the tightest filter.
 */
#ifndef RF_PROBE_H
#define RF_PROBE_H

#include <stddef.h>

/* Appends to the output, printf-like; what does not fit ends the program with status 99. */
void rf_probe_put(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Appends a JSON string with its quotes; bytes that are not printable ASCII become \u00XX. */
void rf_probe_put_string(const char *text);

/* Writes the output to fd 1 and empties it. */
void rf_probe_flush(void);

/* Prints the whole report as one JSON object; each of paths[0..count) is tested for reading and writing. */
void rf_probe_report(int argc, char **argv, char **envp, char **paths, size_t count);

/* Appends members of the report's object. */
void rf_probe_tuning(void);

/* Appends a JSON object: for each call of the table 0, the errno, or minus the signal that ended it. */
void rf_probe_try_calls(void);

/* The number of a call given by name (of the table only) or as a number; -1 if neither. */
long rf_probe_call_number(const char *text);

/* Makes every call from..to with all-zero arguments in a child of its own and prints "NUMBER RESULT" lines. */
void rf_probe_scan(long from, long to);

/* Tries each ACTION:OBJECT (NULL ends them) and prints a JSON object: 0, the errno, or -1 for one that it does not
 * know. */
int rf_probe_reach(char **wanted);
/* Sends each text to $NOTIFY_SOCKET ("X=self" with the own process id) and prints pid, socket and watchdog. */
int rf_probe_notify(char **texts);

/* Answers one connection on the one descriptor handed on, if that was meant for this process. */
int rf_probe_serve(void);

/* Writes a text to a descriptor. */
int rf_probe_put_fd(int fd, const char *text);
/* Tells about its terminal, then obeys what is typed; the exit status. */
int rf_probe_terminal(void);

#endif
