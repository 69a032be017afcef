/* SPDX-License-Identifier: Apache-2.0 */
#include "pass.h"
#include "files.h"
#include "line.h"

const char *rf_pass_lookup(const char *const *list, const char *name) {
    for (; *list; list++) {
        const char *rest = rf_chars_after(*list, name);
        if (rest && *rest == '=') return rest + 1;
    }
    return NULL;
}

/* The variable as a number, 0 if it is none. */
static uint64_t number_of(const struct rf_launch *launch, const char *name) {
    const char *p = rf_pass_lookup(launch->options->environment, name);
    uint64_t number;
    return p && rf_chars_number(&p, &number) && *p == '\0' ? number : 0;
}

static void keep(struct rf_launch *launch, int fd, struct rf_where where) {
    struct statx st;
    /* One of ours that lies where the launcher has none, or that is ours anyway. */
    bool ours = fd > 2 && (fd == launch->proc || fd == launch->options->status_fd);
    int error = ours ? -EBADF : sys_fstatx(fd, &st);
    if (error == 0 && (st.stx_mode & S_IFMT) == S_IFDIR) error = -EISDIR;
    if (error == 0 && fd > 2) {
        launch->keep |= UINT64_C(1) << fd;
        error = sys_fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    rf_must(where, error, "cannot hand on descriptor %d", fd);
}

/* The protocol of sd_listen_fds(3): only what was meant for this very process. */
static void keep_listening(struct rf_launch *launch) {
    const struct rf_where where = RF_FIELD(FDS, SERVICE, struct rf_service, listen_fds);
    uint64_t count = number_of(launch, "LISTEN_FDS"), self = (uint64_t)sys_getpid();
    if (launch->service->listen_fds == RF_HAND_ON_NOT) return;
    if (number_of(launch, "LISTEN_PID") != self) count = 0;
    if (count > RF_KEEP_FD_MAX - 2) rf_fail(where, 0, "more than %u descriptors in LISTEN_FDS", RF_KEEP_FD_MAX - 2);
    if (count == 0 && launch->service->listen_fds == RF_HAND_ON)
        rf_fail(where, 0, "process.listen_fds: LISTEN_PID and LISTEN_FDS hand none to this process");
    launch->listens = count > 0;
    for (int fd = 3; fd < 3 + (int)count; fd++) keep(launch, fd, where);
}

void rf_pass_find(struct rf_launch *launch) {
    uint64_t watched = number_of(launch, "WATCHDOG_PID"), self = (uint64_t)sys_getpid();
    int status = launch->options->status_fd;
    launch->watched = number_of(launch, "WATCHDOG_USEC") > 0 && (watched == 0 || watched == self);
    for (int fd = 0; fd < 3; fd++) keep(launch, fd, RF_STEP(START));
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_KEEP_FDS); i++)
        keep(launch, (int)RF_RECORD(&launch->view, KEEP_FDS, struct rf_keep_fd, i)->fd, RF_AT(FDS, KEEP_FDS, i));
    keep_listening(launch);
    if (status > 2) rf_must(RF_STEP(OPTIONS), sys_fcntl(status, F_SETFD, FD_CLOEXEC), "cannot set close-on-exec");
    rf_must(RF_STEP(START), rf_files_close_but(3, launch->keep, status, launch->proc),
            "close_range: this needs Linux 5.10 or later");
}

uint32_t rf_pass_environment(const struct rf_launch *launch, const char **out) {
    static char listen[24], watchdog[24];
    static const char names[][16] = {"LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_USEC"};
    bool watched = launch->watched && launch->notify_socket;
    uint32_t n = 0;
    RF_PRINT(listen, "LISTEN_PID=%d", sys_getpid());
    RF_PRINT(watchdog, "WATCHDOG_PID=%d", sys_getpid());
    if (launch->listens) out[n++] = listen;
    if (launch->notify_socket) out[n++] = launch->notify_socket;
    if (watched) out[n++] = watchdog;
    for (int i = 0; i < 3; i++) {
        const char *value = rf_pass_lookup(launch->options->environment, names[i]);
        if (value && (i < 2 ? launch->listens : watched)) out[n++] = value - rf_chars_length(names[i]) - 1;
    }
    return n;
}

/* Beside these stay the ready pipe and the socket for the listener, both of which execve closes. */
void rf_pass_fds(struct rf_launch *launch) {
    int error = rf_files_close_but(3, launch->keep, launch->ready[1], launch->notify);
    for (int fd = 3; error == 0 && fd <= (int)RF_KEEP_FD_MAX; fd++)
        if (launch->keep >> fd & 1) error = sys_fcntl(fd, F_SETFD, 0);
    rf_must(RF_STEP(FDS), error, "cannot close the launcher's descriptors");
}
