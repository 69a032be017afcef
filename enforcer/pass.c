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

static void keep(struct rf_launch *launch, int fd, const char *name, struct rf_where where) {
    struct statx st;
    if (fd > 2 && fd == launch->options->status_fd) rf_fail(where, 0, "descriptor %d (%s) is --status-fd", fd, name);
    /* Ours may lie where the launcher has none. */
    int error = fd > 2 && fd == launch->proc ? -EBADF : sys_fstatx(fd, &st);
    if (error == 0 && (st.stx_mode & S_IFMT) == S_IFDIR) error = -EISDIR;
    if (error == 0 && fd > 2) {
        launch->keep |= UINT64_C(1) << fd;
        error = sys_fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    rf_must(where, error, "cannot hand on descriptor %d (%s)", fd, name);
}

/* The protocol of sd_listen_fds(3): only what was meant for this very process. */
static void keep_listening(struct rf_launch *launch) {
    const struct rf_where where = RF_FIELD(FDS, SERVICE, struct rf_service, listen_fds);
    const uint32_t wanted = launch->service->listen_fds;
    uint64_t count = number_of(launch, "LISTEN_FDS");
    bool ours = count > 0 && number_of(launch, "LISTEN_PID") == (uint64_t)sys_getpid();
    if (wanted == RF_HAND_ON_NOT || (!ours && wanted == RF_HAND_ON_IF_THERE)) return;
    if (!ours || count > RF_KEEP_FD_MAX - 2)
        rf_fail(where, 0, "LISTEN_PID and LISTEN_FDS do not hand 1 to %u descriptors to this process",
                RF_KEEP_FD_MAX - 2);
    launch->listens = true;
    for (int fd = 3; fd < 3 + (int)count; fd++) keep(launch, fd, "LISTEN_FDS", where);
}

void rf_pass_find(struct rf_launch *launch) {
    int status = launch->options->status_fd;
    launch->watched = launch->service->notify_socket && number_of(launch, "WATCHDOG_PID") == (uint64_t)sys_getpid();
    for (int fd = 0; fd < 3; fd++) keep(launch, fd, "standard stream", RF_STEP(START));
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_KEEP_FDS); i++) {
        const struct rf_keep_fd *k = RF_RECORD(&launch->view, KEEP_FDS, struct rf_keep_fd, i);
        keep(launch, (int)k->fd, rf_view_string(&launch->view, k->name), RF_AT(FDS, KEEP_FDS, i));
    }
    keep_listening(launch);
    if (status > 2) rf_must(RF_STEP(OPTIONS), sys_fcntl(status, F_SETFD, FD_CLOEXEC), "cannot set close-on-exec");
    rf_must(RF_STEP(START), rf_files_close_but(3, launch->keep, status, launch->proc),
            "close_range: this needs Linux 5.10 or later");
}

uint32_t rf_pass_environment(const struct rf_launch *launch, const char **out) {
    static const char names[][16] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC"};
    static char pids[2][24];
    uint32_t n = 0;
    if (launch->notify_socket) out[n++] = launch->notify_socket;
    for (int i = 0; i < 5; i++) {
        const char *value = rf_pass_lookup(launch->options->environment, names[i]);
        if (!value || !(i < 3 ? launch->listens : launch->watched)) continue;
        out[n] = value - rf_chars_length(names[i]) - 1;
        if (i % 3 == 0) { /* the number of this process, as it sees it itself */
            out[n] = pids[i / 3];
            RF_PRINT(pids[i / 3], "%s=%d", names[i], sys_getpid());
        }
        n++;
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
