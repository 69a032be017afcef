/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The enforcer's one error idiom: rf_fail() says what could not be done, and the launch is over.
 *
 * Before the clone and in the supervisor it undoes what was made, prints one line and exits.  In the
 * first process and the payload process it leaves the line in a page shared with the supervisor, which
 * prints it: only one process ever writes to stderr, and only that one needs the source map.
 */
#ifndef RF_FAIL_H
#define RF_FAIL_H

#include "launch.h"
#include "words.h"

/* The step, and the policy item (for the source map): section 0 means none.  One word, since nearly every call that can
 * fail passes one. */
struct rf_where {
    uint32_t word; /* step << 24 | section << 16 | index */
};
#define RF_WHERE(step, section, index)       ((struct rf_where){(uint32_t)(step) << 24 | (section) << 16 | (uint32_t)(index)})
#define RF_STEP(step)                        RF_WHERE(RF_STEP_##step, 0u, 0)
#define RF_AT(step, type, i)                 RF_WHERE(RF_STEP_##step, (uint32_t)RF_##type, (i))
#define RF_FIELD(step, type, record, member) RF_AT(step, type, offsetof(record, member))
_Static_assert(RF_RECORDS_MAX <= 0xffff && RF_STEP_COUNT <= 0xff, "an index or a step does not fit into a where");

/* `error` is a negative errno, or 0; the rest as rf_line_format() takes it. */
#define rf_fail(where, error, format, ...) rf_fail_packed(where, error, RF_WORDS(format), ##__VA_ARGS__)
_Noreturn void rf_fail_packed(struct rf_where where, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The result of a call that must not fail: returns it, unless it is a negative errno. */
#define rf_must(where, result, format, ...) rf_must_packed(where, result, RF_WORDS(format), ##__VA_ARGS__)
int rf_must_packed(struct rf_where where, int result, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same with another exit code than 125. */
void rf_fail_exit_with(int code);
#define rf_fail_code(code, where, error, ...) (rf_fail_exit_with(code), rf_fail(where, error, __VA_ARGS__))

/* Shared by all processes of the launch.  After the payload has started the supervisor takes nothing from
 * it but two small numbers: a payload with CAP_SYS_PTRACE could have written them. */
struct rf_shared {
    volatile uint32_t claimed;   /* 1: someone is writing the failure */
    volatile uint32_t failed;    /* 1: the failure below is complete */
    volatile uint32_t executing; /* 1: everything is applied, execve is next */
    volatile uint32_t skipped;   /* RF_SKIPPED_* */
    volatile uint32_t harmless;  /* 1: the reaper has let go of all that the payload could gain in it */
    volatile uint32_t ended;     /* the reaper saw the payload end: */
    volatile int32_t code;       /*   its exit code, or */
    volatile int32_t signal;     /*   the signal that killed it */
    volatile uint32_t at;        /* the step that runs */
    volatile uint32_t in_place;  /* 1: supervision: same; the first process is the one that was started, */
    volatile uint32_t apart;     /*   1: is in its new namespaces, */
    volatile uint32_t reported;  /*   1: may end: what failed has been told */
    volatile int32_t first;      /* pid of the first process, as the supervisor sees it; written before that runs */
    int32_t exit;
    uint32_t step; /* the one that failed */
    char what[RF_PAGE - 128];
};
extern struct rf_shared *rf_shared;

/* Before anything may fail. */
void rf_fail_init(struct rf_launch *launch);

/* Makes rf_shared a page that a copy of this process has too: before the first that may fail there is made. */
void rf_fail_share(void);

/* From now on this process is not the supervisor; or, where its memory was lent to the first process, it is again. */
void rf_fail_in_child(bool is_child);

/* What the supervisor undoes before it reports a failure; NULL: nothing. */
extern void (*rf_fail_undo)(struct rf_launch *launch);

/* Supervisor: reports the failure that a child left in the shared page. */
_Noreturn void rf_fail_report(void);

/* The name of a step, as in messages. */
const char *rf_fail_step(uint32_t step);

/* Name of a capability number, or that it has none. */
const char *rf_fail_capability(uint32_t number);

/* Writes all of a line to a descriptor, control characters as '?', with a final newline. */
void rf_fail_print(int fd, const char *text);

#endif
