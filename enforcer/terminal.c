/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal.h"
#include "furnish.h"
#include "line.h"
#include "reaper.h"
#include "rights.h"

#define PTY_BYTES (160u * 1024) /* more than the kernel keeps of one pseudo-terminal's output */
#define EOT       4             /* what a new terminal takes for the end of its input */

/* Bytes on their way: read when the page is empty, written until it is empty again.  -1: no more. */
struct flow {
    int from, to;
    uint32_t at, end;
    char page[RF_PAGE];
};
static struct flow input, output;
static struct flow *const flows[RF_TERMINAL_POLLS] = {&input, &output};
static int ends[RF_RIGHTS_MOST]; /* the payload process: its own end is the second; 0: none yet */
static bool is_tty, is_raw;      /* the launcher's standard input */
static struct termios before;

static const struct rf_where where = RF_FIELD(TERMINAL, ATTEND, struct rf_attend, flags);

bool rf_terminal_wanted(const struct rf_launch *launch) {
    const struct rf_attend *a = RF_RECORD(&launch->view, ATTEND, struct rf_attend, 0);
    return rf_view_count(&launch->view, RF_ATTEND) > 0 && (a->flags & RF_ATTEND_TERMINAL);
}

/* The size of the first of the launcher's streams that has one. */
static void copy_size(int master) {
    struct winsize size;
    for (int fd = 0; fd < 3; fd++)
        if (sys_ioctl(fd, TIOCGWINSZ, &size) == 0) {
            sys_ioctl(master, TIOCSWINSZ, &size);
            return;
        }
}

/* The ends are opened in the instance that was just mounted, through descriptors: no name of the image is looked at.
 * Size and settings are copied here, since the payload may run before the supervisor looks. */
void rf_terminal_make(struct rf_launch *launch) {
    int no = 0;
    if (!rf_terminal_wanted(launch)) return;
    int pts = rf_furnish_devpts(where);
    int master = rf_must(where, sys_openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK, 0), "cannot open /dev/ptmx");
    int error = sys_ioctl(master, TIOCSPTLCK, &no);
    if (error == 0) error = sys_ioctl(master, TIOCGPTPEER, (void *)(uintptr_t)(O_RDWR | O_NOCTTY | O_CLOEXEC));
    int slave = rf_must(where, error, "cannot open the pseudo-terminal");
    copy_size(master);
    if (sys_ioctl(0, TCGETS, &before) == 0) sys_ioctl(slave, TCSETS, &before);
    error = sys_fchown(slave, launch->process->uid, launch->process->gid);
    rf_must(where, error, "cannot give the pseudo-terminal to the payload's user");
    ends[0] = master;
    ends[1] = slave;
    rf_must(where, rf_rights_send(launch->ready[1], "", 1, ends, 2), "cannot hand over the pseudo-terminal");
    sys_close(master);
    sys_close(pts);
}

void rf_terminal_attach(struct rf_launch *launch) {
    if (!rf_terminal_wanted(launch)) return;
    int error = sys_ioctl(ends[1], TIOCSCTTY, NULL);
    for (int fd = 0; fd < 3 && error >= 0; fd++) error = sys_dup3(ends[1], fd);
    rf_must(where, error, "cannot take the pseudo-terminal");
}

/* A terminal is opened once more, so that reading and writing need not wait: O_NONBLOCK on the launcher's own description
 * of it would be seen by everyone who shares it.  Where that may not be, it is used as it is. */
static int own(const struct rf_launch *launch, int fd) {
    char name[16];
    struct termios any;
    RF_PRINT(name, "self/fd/%d", fd);
    if (sys_ioctl(fd, TCGETS, &any) < 0) return fd;
    int again = sys_openat(launch->proc, name, O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
    return again < 0 ? fd : again;
}

void rf_terminal_take(struct rf_launch *launch) {
    input.from = input.to = output.from = output.to = -1;
    if (!rf_terminal_wanted(launch)) return;
    /* The payload's end is kept open too: else the master would be hung up whenever the payload holds none. */
    if (!rf_rights_receive(launch->ready[0], ends)) rf_fail(where, 0, "the pseudo-terminal did not arrive");
    is_tty = sys_ioctl(0, TCGETS, &before) == 0;
    input.from = own(launch, 0);
    output.to = own(launch, 1);
    input.to = output.from = ends[0];
}

/* Raw: what is typed is for the payload's terminal to interpret, Ctrl-C too. */
static void make_raw(void) {
    struct termios raw;
    int group;
    if (!is_tty || is_raw) return;
    /* From the background it would change the terminal under those who use it. */
    if (sys_ioctl(0, TIOCGPGRP, &group) == 0 && group != sys_getpgrp()) return;
    raw = before;
    raw.c_iflag &= ~(unsigned)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_oflag &= ~(unsigned)OPOST;
    raw.c_lflag &= ~(unsigned)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    raw.c_cflag = (raw.c_cflag & ~(unsigned)(CSIZE | PARENB)) | CS8;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    is_raw = sys_ioctl(0, TCSETS, &raw) == 0;
}

void rf_terminal_restore(void) {
    if (is_raw) sys_ioctl(0, TCSETS, &before);
    is_raw = false;
}

static bool is_empty(const struct flow *f) {
    return f->at == f->end;
}

void rf_terminal_poll(struct pollfd polls[RF_TERMINAL_POLLS]) {
    if (output.from >= 0) make_raw();
    for (int i = 0; i < RF_TERMINAL_POLLS; i++) {
        const struct flow *f = flows[i];
        polls[i] = is_empty(f) ? (struct pollfd){.fd = f->from, .events = POLLIN}
                               : (struct pollfd){.fd = f->to, .events = POLLOUT};
    }
    if (is_tty && !is_raw && is_empty(&input)) polls[0].fd = -1;
}

/* Nobody reads the output any more, or the pseudo-terminal is gone: to the payload its terminal is hung up. */
static void hang_up(void) {
    for (int i = 0; i < RF_RIGHTS_MOST; i++) sys_close(ends[i]);
    input.from = input.to = output.from = output.to = -1;
    input.at = input.end = output.at = output.end = 0;
    rf_terminal_restore();
}

/* The end of the input, as a terminal tells it; behind half a line that takes two, the first one ends the line. */
static void tell_end(void) {
    bool half = input.end > 0 && input.page[input.end - 1] != '\n';
    input.page[0] = input.page[1] = EOT;
    input.at = 0;
    input.end = half ? 2 : 1;
    input.from = -1;
}

static void carry(struct flow *f) {
    int n;
    if (is_empty(f)) {
        n = sys_read(f->from, f->page, sizeof f->page);
        if (n > 0) {
            f->at = 0;
            f->end = (uint32_t)n;
        }
    } else {
        n = sys_write(f->to, f->page + f->at, f->end - f->at);
        if (n > 0) f->at += (uint32_t)n;
    }
    if (n > 0 || n == -EAGAIN || n == -EINTR) return;
    if (f == &input && is_empty(f))
        tell_end();
    else
        hang_up();
}

void rf_terminal_relay(const struct pollfd polls[RF_TERMINAL_POLLS]) {
    for (int i = 0; i < RF_TERMINAL_POLLS; i++)
        if (polls[i].revents && output.from >= 0) carry(flows[i]);
}

/* Somebody who outlives the payload may go on writing: no more is taken than can have been there. */
void rf_terminal_drain(int signalfd) {
    const uint64_t stop = 1u << (SIGHUP - 1) | 1u << (SIGINT - 1) | 1u << (SIGQUIT - 1) | 1u << (SIGTERM - 1);
    uint32_t left = PTY_BYTES;
    while (output.from >= 0) {
        struct pollfd polls[] = {{.fd = output.to, .events = POLLOUT}, {.fd = signalfd, .events = POLLIN}};
        if (is_empty(&output)) {
            if (left > 0) carry(&output);
            if (is_empty(&output)) break;
            left -= output.end < left ? output.end : left;
        }
        sys_ppoll(polls, 2, NULL);
        if (polls[0].revents) carry(&output);
        if (!polls[1].revents) continue;
        int signal = rf_reaper_next_signal(signalfd);
        if (signal > 0 && (stop >> (signal - 1) & 1)) break;
    }
    rf_terminal_restore();
}

bool rf_terminal_signal(int signal) {
    if (signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) rf_terminal_restore();
    if (signal == SIGCONT) is_raw = false; /* others may have had the terminal since */
    if (signal != SIGWINCH || output.from < 0) return false;
    copy_size(output.from);
    return true;
}
