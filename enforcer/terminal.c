/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal.h"
#include "furnish.h"
#include "rights.h"

#define EOT 4 /* what a new terminal takes for the end of its input */
/* More than the kernel needs to give out what it keeps of a pseudo-terminal's output, some 70 KiB. */
#define READS_MOST 200

/* Bytes on their way: read when the page is empty, written until it is empty again.  -1: no more. */
struct flow {
    int from, to;
    uint32_t at, end;
};
static struct flow flows[RF_TERMINAL_POLLS];
static char pages[RF_TERMINAL_POLLS][RF_PAGE]; /* apart: touched only where there is a terminal */
#define input  flows[0]
#define output flows[1]
static int ends[RF_RIGHTS_MOST]; /* the payload process: its own end is the second; 0: none yet */
static bool is_tty, is_raw;      /* the launcher's standard input */
static struct termios before, raw;

static const struct rf_where where = RF_FIELD(TERMINAL, ATTEND, struct rf_attend, flags);

__attribute__((noinline)) static int must(int result) {
    return rf_must(where, result, "cannot set up the pseudo-terminal");
}

bool rf_terminal_wanted(const struct rf_launch *launch) {
    const struct rf_attend *a = RF_RECORD(&launch->view, ATTEND, struct rf_attend, 0);
    return rf_view_count(&launch->view, RF_ATTEND) > 0 && (a->flags & RF_ATTEND_TERMINAL);
}

/* The size of the first of the launcher's streams that has one. */
__attribute__((noinline)) static void copy_size(int master) {
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
    int master = must(sys_openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK, 0));
    must(sys_ioctl(master, TIOCSPTLCK, &no));
    int slave = must(sys_ioctl(master, TIOCGPTPEER, (void *)(uintptr_t)(O_RDWR | O_NOCTTY | O_CLOEXEC)));
    must(sys_fchown(slave, launch->process->uid, launch->process->gid));
    copy_size(master);
    if (sys_ioctl(0, TCGETS, &before) == 0) sys_ioctl(slave, TCSETS, &before);
    ends[0] = master;
    ends[1] = slave;
    must(rf_rights_send(launch->ready[1], "", 1, ends, 2));
    /* Master and mount stay open until both this process and the payload's close all that is not theirs. */
}

void rf_terminal_attach(struct rf_launch *launch) {
    if (!rf_terminal_wanted(launch)) return;
    must(sys_ioctl(ends[1], TIOCSCTTY, NULL));
    for (int fd = 0; fd < 3; fd++) must(sys_dup3(ends[1], fd));
}

/* A terminal is opened once more, so that reading and writing need not wait: O_NONBLOCK on the launcher's own description
 * of it would be seen by everyone who shares it.  Where that may not be, it is used as it is. */
static int own(const struct rf_launch *launch, int fd) {
    char name[] = "self/fd/0";
    struct termios any;
    name[sizeof name - 2] = (char)('0' + fd);
    if (sys_ioctl(fd, TCGETS, &any) < 0) return fd;
    int again = sys_openat(launch->proc, name, O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
    return again < 0 ? fd : again;
}

__attribute__((noinline)) static void no_flows(void) {
    input.from = input.to = output.from = output.to = -1;
    input.at = input.end = output.at = output.end = 0;
}

void rf_terminal_take(struct rf_launch *launch) {
    no_flows();
    if (!rf_terminal_wanted(launch)) return;
    /* The payload's end is kept open too: else the master would be hung up whenever the payload holds none. */
    must(rf_rights_receive(launch->ready[0], ends));
    is_tty = sys_ioctl(0, TCGETS, &before) == 0;
    sys_ioctl(0, TCGETS, &raw);
    raw.c_iflag = raw.c_oflag = raw.c_lflag = 0;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    input.from = own(launch, 0);
    output.to = own(launch, 1);
    input.to = output.from = ends[0];
}

/* Raw: what is typed is for the payload's terminal to interpret, Ctrl-C too. */
static void make_raw(void) {
    int group;
    if (!is_tty || is_raw) return;
    /* From the background it would change the terminal under those who use it. */
    if (sys_ioctl(0, TIOCGPGRP, &group) == 0 && group != sys_getpgrp()) return;
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
        const struct flow *f = &flows[i];
        polls[i] = is_empty(f) ? (struct pollfd){.fd = f->from, .events = POLLIN}
                               : (struct pollfd){.fd = f->to, .events = POLLOUT};
    }
    if (is_tty && !is_raw && is_empty(&input)) polls[0].fd = -1;
}

/* Nobody reads the output any more, or the pseudo-terminal is gone: to the payload its terminal is hung up. */
static void hang_up(void) {
    for (int i = 0; i < RF_RIGHTS_MOST; i++) sys_close(ends[i]);
    no_flows();
    rf_terminal_restore();
}

/* The end of the input, as a terminal tells it; behind half a line that takes two, the first one ends the line. */
static void tell_end(void) {
    bool half = input.end > 0 && pages[0][input.end - 1] != '\n';
    pages[0][0] = pages[0][1] = EOT;
    input.at = 0;
    input.end = half ? 2 : 1;
    input.from = -1;
}

static void carry(struct flow *f) {
    int n;
    char *page = pages[f - flows];
    if (is_empty(f)) {
        n = sys_read(f->from, page, RF_PAGE);
        if (n > 0) {
            f->at = 0;
            f->end = (uint32_t)n;
        }
    } else {
        n = sys_write(f->to, page + f->at, f->end - f->at);
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
        if (polls[i].revents && output.from >= 0) carry(&flows[i]);
}

void rf_terminal_end(void) {
    input.from = -1; /* what is typed now is for others */
    input.at = input.end;
}

/* Somebody who outlives the payload may go on writing: no more is taken than can have been there. */
bool rf_terminal_is_drained(void) {
    static int reads;
    if (output.from >= 0 && is_empty(&output) && reads++ < READS_MOST) carry(&output);
    return output.from < 0 || is_empty(&output);
}

bool rf_terminal_signal(int signal) {
    if (signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) rf_terminal_restore();
    if (signal == SIGCONT) is_raw = false; /* others may have had the terminal since */
    if (signal != SIGWINCH || output.from < 0) return false;
    copy_size(output.from);
    return true;
}
