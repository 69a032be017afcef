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

int rf_rights_send(int socket, const char *bytes, size_t size, const int *fds, uint32_t count) {
    struct piece piece = {bytes, size};
    struct rights rights = {offsetof(struct rights, fds) + count * sizeof *fds, SOCKET_LEVEL, RIGHTS, {0, 0}};
    struct message message = {NULL, 0, &piece, 1, &rights, sizeof rights, 0};
    for (uint32_t i = 0; i < count; i++) rights.fds[i] = fds[i];
    return sys_sendmsg(socket, &message, NO_SIGNAL);
}

bool rf_rights_receive(int socket, int fds[RF_RIGHTS_MOST]) {
    char byte;
    struct piece piece = {&byte, 1};
    struct rights rights;
    struct message message = {NULL, 0, &piece, 1, &rights, sizeof rights, 0};
    if (sys_recvmsg(socket, &message, CLOEXEC | NOT_WAITING) != 1) return false;
    if (message.control_length != sizeof rights || rights.level != SOCKET_LEVEL || rights.type != RIGHTS) return false;
    for (uint32_t i = 0; i < RF_RIGHTS_MOST; i++) fds[i] = rights.fds[i];
    return true;
}
