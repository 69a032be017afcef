/* SPDX-License-Identifier: Apache-2.0 */
/* `terminal`: tells about its terminal, then does what the lines that it reads say, until "quit" or the end of them. */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define LINE_MAX_BYTES 256

static void say_size(const char *word) {
    struct winsize size = {0};
    int bad = ioctl(0, TIOCGWINSZ, &size);
    rf_probe_put("%s %d %d%s\n", word, size.ws_row, size.ws_col, bad ? " failed" : "");
    rf_probe_flush();
}

static volatile sig_atomic_t got[NSIG];

static void on_signal(int number) {
    got[number] = 1;
}

/* On a line of their own, since a key may have been echoed just before. */
static void say_signals(void) {
    for (int n = 1; n < NSIG; n++) {
        if (!got[n]) continue;
        got[n] = 0;
        if (n == SIGWINCH)
            say_size("\nwinch");
        else
            rf_probe_put("\ngot %d\n", n);
        rf_probe_flush();
    }
}

static void put_names(const char *directory) {
    const char *between = "";
    DIR *dir = opendir(directory);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        if (e->d_name[0] == '.') continue;
        rf_probe_put("%s", between);
        rf_probe_put_string(e->d_name);
        between = ", ";
    }
    if (dir) closedir(dir);
}

static void introduce(void) {
    struct stat st = {0};
    struct winsize size = {0};
    int own = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    int again = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    const char *name = ttyname(0);
    fstat(0, &st);
    ioctl(0, TIOCGWINSZ, &size);
    rf_probe_put("{\"name\": ");
    rf_probe_put_string(name ? name : "");
    rf_probe_put(", \"ttys\": %d, \"pid\": %d, \"sid\": %d, \"tty_sid\": %d, \"dev_tty_sid\": %d, \"foreground\": %d",
                 isatty(0) + isatty(1) + isatty(2), getpid(), getsid(0), tcgetsid(0), own < 0 ? -errno : tcgetsid(own),
                 tcgetpgrp(0));
    rf_probe_put(", \"uid\": %u, \"gid\": %u, \"mode\": %u, \"rows\": %d, \"columns\": %d, \"names\": [", st.st_uid,
                 st.st_gid, st.st_mode & 07777, size.ws_row, size.ws_col);
    put_names("/dev/pts");
    rf_probe_put("], \"another\": ");
    name = again < 0 ? NULL : ptsname(again);
    rf_probe_put_string(name ? name : "");
    rf_probe_put("}\n");
    rf_probe_flush();
    if (own >= 0) close(own);
    if (again >= 0) close(again);
}

/* What would type into a terminal: the payload's own may say yes, no other. */
static void inject(void) {
    const unsigned long requests[] = {TIOCSTI, TIOCSTI + (1ul << 32), 0x541c /* TIOCLINUX */};
    rf_probe_put("inject");
    for (int i = 0; i < 3; i++) rf_probe_put(" %d", ioctl(0, requests[i], "\n") == 0 ? 0 : errno);
    rf_probe_put("\n");
    rf_probe_flush();
}

/* Bytes that depend on their place, none of them changed on their way, and then the end at once. */
static void flood(long kib) {
    struct termios settings;
    char block[1024];
    tcgetattr(0, &settings);
    settings.c_oflag &= ~(tcflag_t)OPOST;
    tcsetattr(0, TCSANOW, &settings);
    for (long i = 0; i < kib; i++) {
        for (size_t k = 0; k < sizeof block; k++) block[k] = (char)((size_t)i * 31 + k * 7);
        for (size_t done = 0; done < sizeof block;) {
            ssize_t n = write(1, block + done, sizeof block - done);
            if (n <= 0) _exit(1);
            done += (size_t)n;
        }
    }
    _exit(0);
}

static int carry_out(const char *line) {
    if (strcmp(line, "size") == 0)
        say_size("size");
    else if (strcmp(line, "inject") == 0)
        inject();
    else if (strncmp(line, "flood ", 6) == 0)
        flood(strtol(line + 6, NULL, 10));
    else if (strncmp(line, "quit ", 5) == 0)
        return (int)strtol(line + 5, NULL, 10);
    else {
        rf_probe_put("line %s\n", line);
        rf_probe_flush();
    }
    return -1;
}

int rf_probe_terminal(void) {
    static const int handled[] = {SIGINT, SIGWINCH, SIGCONT, SIGQUIT};
    char line[LINE_MAX_BYTES];
    size_t used = 0;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigset_t none, blocked;
    sigemptyset(&none);
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++) {
        sigaction(handled[i], &action, NULL);
        sigaddset(&blocked, handled[i]);
    }
    sigprocmask(SIG_BLOCK, &blocked, NULL); /* they come while it waits, and only then */
    introduce();
    for (;;) {
        char byte;
        struct pollfd wait = {.fd = 0, .events = POLLIN};
        int ready = ppoll(&wait, 1, NULL, &none);
        say_signals();
        if (ready <= 0) continue;
        ssize_t n = read(0, &byte, 1);
        bool end = n <= 0;
        if (!end && byte != '\n' && used < sizeof line - 1) {
            line[used++] = byte;
            continue;
        }
        line[used] = 0;
        int code = end && used == 0 ? -1 : carry_out(line);
        used = 0;
        if (code >= 0) return code;
        if (!end) continue;
        rf_probe_put("end\n");
        rf_probe_flush();
        return 0;
    }
}
