/* SPDX-License-Identifier: Apache-2.0 */
/* What a service says to its manager and gets from it, without the library of systemd: sd_notify(3), sd_listen_fds(3). */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST 3

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value ? value : "-";
}

int rf_probe_notify(char **texts) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *name = variable("NOTIFY_SOCKET");
    size_t length = strlen(name);
    if (length >= sizeof address.sun_path) return 1;
    memcpy(address.sun_path, name, length);
    if (name[0] == '@') address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    for (; *texts; texts++) {
        char text[256];
        const char *own = strstr(*texts, "=self");
        int n = own ? snprintf(text, sizeof text, "%.*s=%d", (int)(own - *texts), *texts, getpid())
                    : snprintf(text, sizeof text, "%s", *texts);
        if (n < 0 || (size_t)n >= sizeof text) return 1;
        if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address, size) < 0) {
            rf_probe_put("errno %d\n", errno);
            rf_probe_flush();
            return 1;
        }
    }
    rf_probe_put("%d %s %s %s\n", getpid(), name, variable("WATCHDOG_PID"), variable("WATCHDOG_USEC"));
    rf_probe_flush();
    return 0;
}

int rf_probe_serve(void) {
    char pid[16], line[256];
    int n = snprintf(pid, sizeof pid, "%d", getpid());
    if (n < 0 || strcmp(variable("LISTEN_PID"), pid) != 0 || strcmp(variable("LISTEN_FDS"), "1") != 0) return 1;
    int fd = accept4(FIRST, NULL, NULL, SOCK_CLOEXEC);
    n = snprintf(line, sizeof line, "%s served %s\n", pid, variable("LISTEN_FDNAMES"));
    return fd < 0 || n < 0 || write(fd, line, (size_t)n) != n;
}

int rf_probe_put_fd(int fd, const char *text) {
    size_t length = strlen(text);
    return write(fd, text, length) == (ssize_t)length ? 0 : 1;
}
