/* SPDX-License-Identifier: Apache-2.0 */
#include "rights.h"

enum { NO_SIGNAL = 0x4000, NOT_WAITING = 0x40, CLOEXEC = 0x40000000, SOCKET_LEVEL = 1, RIGHTS = 1 };

struct piece { /* struct iovec */
    const char *start;
    size_t size;
};
struct rights { /* struct cmsghdr with its descriptors */
    size_t length;
    int level, type;
    int fds[RF_RIGHTS_MOST];
};
struct message { /* struct msghdr */
    void *name;
    int name_length;
    struct piece *pieces;
    size_t piece_count;
    struct rights *control;
    size_t control_length;
    int flags;
};

static int transfer(int socket, bool send, const char *bytes, size_t size, int *fds, uint32_t count) {
    struct piece piece = {bytes, size};
    struct rights rights = {offsetof(struct rights, fds) + count * sizeof *fds, SOCKET_LEVEL, RIGHTS, {fds[0], fds[1]}};
    struct message message = {NULL, 0, &piece, 1, &rights, sizeof rights, 0};
    if (send) return sys_sendmsg(socket, &message, NO_SIGNAL);
    rights.length = 0;
    int error = sys_recvmsg(socket, &message, CLOEXEC | NOT_WAITING);
    for (uint32_t i = 0; i < RF_RIGHTS_MOST; i++) fds[i] = rights.fds[i];
    return error >= 0 && rights.length != sizeof rights ? -EPIPE : error;
}

int rf_rights_send(int socket, const char *bytes, size_t size, int fds[RF_RIGHTS_MOST], uint32_t count) {
    return transfer(socket, true, bytes, size, fds, count);
}

int rf_rights_receive(int socket, int fds[RF_RIGHTS_MOST]) {
    char byte = 0;
    return transfer(socket, false, &byte, 1, fds, 0);
}
