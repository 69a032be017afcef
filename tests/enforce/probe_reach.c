/* SPDX-License-Identifier: Apache-2.0 */
/* What the payload reaches: files, ports, sockets and processes, tried one by one. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/random.h>

static int result_of(int value) {
    return value < 0 ? errno : 0;
}

static int try_open(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    int result = result_of(fd);
    if (fd >= 0) close(fd);
    return result;
}

static int try_read(const char *path) {
    return try_open(path, O_RDONLY);
}
static int try_write(const char *path) {
    return try_open(path, O_WRONLY);
}
static int try_create(const char *path) {
    return try_open(path, O_WRONLY | O_CREAT | O_EXCL);
}
static int try_mkdir(const char *path) {
    return result_of(mkdir(path, 0700));
}
static int try_symlink(const char *path) {
    return result_of(symlink("x", path));
}
static int try_fifo(const char *path) {
    return result_of(mkfifo(path, 0600));
}
static int try_unlink(const char *path) {
    return result_of(unlink(path));
}
static int try_rmdir(const char *path) {
    return result_of(rmdir(path));
}

/* To the length that it has: permitted, it changes nothing. */
static int try_truncate(const char *path) {
    struct stat st;
    if (stat(path, &st) != 0) return errno;
    return result_of(truncate(path, st.st_size));
}

/* FROM>TO */
static int try_rename(const char *paths) {
    char from[256];
    const char *to = strchr(paths, '>');
    if (to == NULL || (size_t)(to - paths) >= sizeof(from)) return -1;
    memcpy(from, paths, (size_t)(to - paths));
    from[to - paths] = 0;
    return result_of(rename(from, to + 1));
}

static int try_ioctl(const char *path) {
    int count, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return errno;
    int result = result_of(ioctl(fd, RNDGETENTCNT, &count));
    close(fd);
    return result;
}

/* The errno of execve, or the exit status of what was executed. */
static int try_exec(const char *path) {
    int status;
    pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) {
        execl(path, path, "exit", "0", (char *)NULL);
        _exit(errno);
    }
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
}

static int try_address(const char *port, int kind, int (*use)(int, const struct sockaddr *, socklen_t)) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int result = result_of(use(fd, (const struct sockaddr *)&address, sizeof(address)));
    close(fd);
    return result;
}
static int try_connect(const char *port) {
    return try_address(port, SOCK_STREAM, connect);
}
static int try_bind(const char *port) {
    return try_address(port, SOCK_STREAM, bind);
}
static int try_bind_udp(const char *port) {
    return try_address(port, SOCK_DGRAM, bind);
}

static int try_abstract(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || length + 1 > sizeof(address.sun_path)) return -1;
    memcpy(address.sun_path + 1, name, length);
    int result = result_of(connect(fd, (const struct sockaddr *)&address,
                                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)));
    close(fd);
    return result;
}

/* 0 as a signal only asks whether another could be sent; "self" is this process. */
static int try_signal(const char *pid) {
    return result_of(kill(strcmp(pid, "self") == 0 ? getpid() : (pid_t)atoi(pid), 0));
}

static const struct {
    const char *name;
    int (*try)(const char *what);
} attempts[] = {
    {"read", try_read},         {"write", try_write},   {"create", try_create},     {"mkdir", try_mkdir},
    {"symlink", try_symlink},   {"fifo", try_fifo},     {"unlink", try_unlink},     {"rmdir", try_rmdir},
    {"truncate", try_truncate}, {"rename", try_rename}, {"ioctl", try_ioctl},       {"exec", try_exec},
    {"connect", try_connect},   {"bind", try_bind},     {"bind-udp", try_bind_udp}, {"abstract", try_abstract},
    {"signal", try_signal},
};

int rf_probe_reach(char **wanted) {
    rf_probe_put("{");
    for (size_t i = 0; wanted[i] != NULL; i++) {
        const char *what = strchr(wanted[i], ':');
        int result = -1;
        for (size_t k = 0; what != NULL && k < sizeof(attempts) / sizeof(attempts[0]); k++)
            if (strncmp(attempts[k].name, wanted[i], (size_t)(what - wanted[i])) == 0 &&
                attempts[k].name[what - wanted[i]] == 0)
                result = attempts[k].try(what + 1);
        rf_probe_put("%s", i == 0 ? "" : ", ");
        rf_probe_put_string(wanted[i]);
        rf_probe_put(": %d", result);
    }
    rf_probe_put("}\n");
    rf_probe_flush();
    return 0;
}
