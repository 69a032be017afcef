/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors over a unix socket: SCM_RIGHTS. */
#ifndef RF_RIGHTS_H
#define RF_RIGHTS_H

#include "sys.h"

/* Of the socket calls libc's headers say more than the kernel's. */
enum { RF_UNIX = 1, RF_UNIX_STREAM = 1, RF_UNIX_NON_BLOCKING = 04000, RF_UNIX_CLOEXEC = 02000000 };

#define RF_RIGHTS_MOST 2

/* Sends bytes and the first `count` descriptors in one message; what sendmsg(2) returns. */
int rf_rights_send(int socket, const char *bytes, size_t size, int fds[RF_RIGHTS_MOST], uint32_t count);

/* Takes a message with exactly RF_RIGHTS_MOST descriptors, then close-on-exec and the caller's; -errno if none is there. */
int rf_rights_receive(int socket, int fds[RF_RIGHTS_MOST]);

#endif
