/* SPDX-License-Identifier: Apache-2.0 */
/* Calls as `never` names them: "bpf", "socket(AF_VSOCK, ...)", "clone(CLONE_NEWUSER, ...)". */
#ifndef RF_NEVER_CALL_H
#define RF_NEVER_CALL_H

#include "seccomp/seccomp.h"

struct never_call {
    const struct rf_syscall *call;
    const struct rf_cond *where; /* NULL: whatever its arguments are */
};

/*
 * Reads `text` for one machine.  "*" and left-out trailing arguments mean every value.  A value of an argument that
 * is a set of flags means "with all of these flags, whatever the others are", any other value means that value.
 * On failure *error has message and help; a call that the machine lacks is no failure.
 */
bool rf_never_call_parse(struct rf_arena *arena, const char *text, enum rf_machine machine, bool exact,
                         struct never_call *what, struct rf_expr_error *error);

#endif
