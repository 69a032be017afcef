/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MAX    (1024 * 1024)
#define MIB           (1024ul * 1024)
#define OUTPUT_FAILED 99
#define WRONG_USE     98
#define HANDLED_BASE  40

static char output[OUTPUT_MAX];
static size_t output_used;

void rf_probe_put(const char *format, ...) {
    va_list list;
    va_start(list, format);
    int length = vsnprintf(output + output_used, sizeof(output) - output_used, format, list);
    va_end(list);
    if (length < 0 || (size_t)length >= sizeof(output) - output_used) _exit(OUTPUT_FAILED);
    output_used += (size_t)length;
}

void rf_probe_put_string(const char *text) {
    rf_probe_put("\"");
    for (const unsigned char *c = (const unsigned char *)text; *c != 0; c++) {
        if (*c == '"' || *c == '\\')
            rf_probe_put("\\%c", *c);
        else if (*c < ' ' || *c > '~')
            rf_probe_put("\\u%04x", *c);
        else
            rf_probe_put("%c", *c);
    }
    rf_probe_put("\"");
}

void rf_probe_flush(void) {
    for (size_t done = 0; done < output_used;) {
        ssize_t n = write(1, output + done, output_used - done);
        if (n <= 0) _exit(OUTPUT_FAILED);
        done += (size_t)n;
    }
    output_used = 0;
}

/* Prints one line now. */
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...) {
    char line[512];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(line, sizeof(line), format, list);
    va_end(list);
    if (length < 0 || (size_t)length >= sizeof(line)) _exit(OUTPUT_FAILED);
    rf_probe_put("%s\n", line);
    rf_probe_flush();
}

static long number(const char *text) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 0);
    if (*text == 0 || *end != 0 || errno != 0) _exit(WRONG_USE);
    return value;
}

static double now(clockid_t clock) {
    struct timespec t = {0, 0};
    if (clock_gettime(clock, &t) != 0) _exit(OUTPUT_FAILED);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

_Noreturn static void wait_for_ever(void) {
    while (true) pause();
}

static int mode_json(int argc, char **argv) {
    size_t count = 0;
    while (argv[2 + count] != NULL) count++;
    rf_probe_report(argc, argv, environ, argv + 2, count);
    return 0;
}

/* `report`: the same, then it stays until its standard input ends, so that its limits can be read from outside. */
static int mode_report(int argc, char **argv) {
    char byte;
    mode_json(argc, argv);
    while (read(0, &byte, 1) > 0) continue;
    return 0;
}

static int mode_exit(int argc, char **argv) {
    (void)argc;
    return (int)number(argv[2]);
}

static int mode_signal(int argc, char **argv) {
    (void)argc;
    kill(getpid(), (int)number(argv[2]));
    return 0;
}

static int mode_eat(int argc, char **argv) {
    (void)argc;
    long mib = number(argv[2]);
    for (long i = 0; i < mib; i++) {
        char *page = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) {
            say("mmap failed after %ld: errno %d", i, errno);
            return 1;
        }
        for (size_t at = 0; at < MIB; at += 4096) ((volatile char *)page)[at] = 1;
    }
    say("touched %ld", mib);
    return 0;
}

static int mode_spin(int argc, char **argv) {
    (void)argc;
    double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID), limit = (double)number(argv[2]);
    say("spinning");
    while (now(CLOCK_MONOTONIC) - wall < limit)
        for (volatile int i = 0; i < 10000; i++) continue;
    say("cpu %.3f wall %.3f", now(CLOCK_PROCESS_CPUTIME_ID) - cpu, now(CLOCK_MONOTONIC) - wall);
    return 0;
}

static int mode_fork(int argc, char **argv) {
    (void)argc;
    long wanted = number(argv[2]), made = 0;
    int error = 0;
    static pid_t children[10000];
    for (; made < wanted && made < 10000; made++) {
        pid_t child = fork();
        if (child < 0) {
            error = errno;
            break;
        }
        if (child == 0) wait_for_ever();
        children[made] = child;
    }
    for (long i = 0; i < made; i++) kill(children[i], SIGKILL);
    for (long i = 0; i < made; i++) waitpid(children[i], NULL, 0);
    say("forked %ld errno %d", made, error);
    return 0;
}

/* `call NAME ARG...`: "@text" is a pointer to text, anything else a number. */
static int mode_call(int argc, char **argv) {
    long args[6] = {0}, call = rf_probe_call_number(argv[2]);
    if (call < 0) return WRONG_USE;
    for (int i = 0; i < 6 && 3 + i < argc; i++)
        args[i] = argv[3 + i][0] == '@' ? (long)(intptr_t)(argv[3 + i] + 1) : number(argv[3 + i]);
    long result = syscall(call, args[0], args[1], args[2], args[3], args[4], args[5]);
    if (result == -1)
        say("errno %d", errno);
    else
        say("result %ld", result);
    return 0;
}

static double transfer(int fd, char *buffer, long mib, bool writing) {
    double start = now(CLOCK_MONOTONIC);
    for (long i = 0; i < mib; i++) {
        off_t at = (off_t)i * (off_t)MIB;
        ssize_t n = writing ? pwrite(fd, buffer, MIB, at) : pread(fd, buffer, MIB, at);
        if (n != (ssize_t)MIB) return -1;
    }
    return now(CLOCK_MONOTONIC) - start;
}

static int mode_io(int argc, char **argv) {
    if (argc < 4) return WRONG_USE;
    long mib = number(argv[3]);
    char *buffer = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open(argv[2], O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
    if (fd < 0 || buffer == MAP_FAILED) {
        say("errno %d", errno);
        return 1;
    }
    memset(buffer, 0x5a, MIB);
    double wrote = transfer(fd, buffer, mib, true), have = transfer(fd, buffer, mib, false);
    say("write %.3f read %.3f", wrote, have);
    return wrote < 0 || have < 0;
}

static int mode_sleep(int argc, char **argv) {
    (void)argc, (void)argv;
    say("ready");
    wait_for_ever();
}

/* A grandchild that outlives its parent; it keeps fd 1 open, so a reader sees how long it lives. */
static int mode_orphan(int argc, char **argv) {
    (void)argc, (void)argv;
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0) {
            setsid();
            wait_for_ever();
        }
        _exit(grandchild < 0);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) return 1;
    say("orphaned");
    return 0;
}

static void on_signal(int number_got) {
    char line[] = "got 00\n";
    line[4] = (char)('0' + number_got / 10);
    line[5] = (char)('0' + number_got % 10);
    if (write(1, line, sizeof(line) - 1) < 0) _exit(OUTPUT_FAILED);
    if (number_got == SIGTERM) _exit(HANDLED_BASE);
}

/* Says every signal that it gets; TERM ends it with status 40. */
static int mode_handle(int argc, char **argv) {
    (void)argc, (void)argv;
    static const int handled[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGWINCH, SIGCONT};
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) sigaction(handled[i], &action, NULL);
    say("ready");
    wait_for_ever();
}

/* The same, but TERM does not end it. */
static int mode_deaf(int argc, char **argv) {
    signal(SIGTERM, SIG_IGN);
    signal(SIGUSR1, on_signal);
    (void)argc, (void)argv;
    say("ready");
    wait_for_ever();
}

/* Uses that many milliseconds of processor time. */
static int mode_burn(int argc, char **argv) {
    (void)argc;
    double limit = (double)number(argv[2]) / 1000;
    while (now(CLOCK_PROCESS_CPUTIME_ID) < limit)
        for (volatile int i = 0; i < 10000; i++) continue;
    return 0;
}

static int mode_terminal(int argc, char **argv) {
    (void)argc, (void)argv;
    return rf_probe_terminal();
}

static int mode_scan(int argc, char **argv) {
    if (argc < 4) return WRONG_USE;
    rf_probe_scan(number(argv[2]), number(argv[3]));
    return 0;
}

/* mkdir("/data/int80") through the 32-bit entry, where its number is 39. */
static int mode_int80(int argc, char **argv) {
    (void)argc, (void)argv;
#ifdef __x86_64__
    char *low = mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (low == MAP_FAILED) return 1;
    memcpy(low, "/data/int80", sizeof("/data/int80"));
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(39), "b"(low), "c"(0755) : "memory", "r8", "r9", "r10", "r11");
    say("int80 returned %ld", result);
#else
    say("no 32-bit entry on this machine");
#endif
    return 0;
}

/* Writes argv[3] into the file argv[2] and prints the errno. */
static int mode_write(int argc, char **argv) {
    if (argc < 4) return WRONG_USE;
    int fd = open(argv[2], O_WRONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : write(fd, argv[3], strlen(argv[3]));
    if (n < 0)
        say("errno %d", errno);
    else
        say("result %zd", n);
    return 0;
}

static int mode_reach(int argc, char **argv) {
    (void)argc;
    return rf_probe_reach(argv + 2);
}

static int mode_print(int argc, char **argv) {
    for (int i = 2; i < argc; i++) say("%s", argv[i]);
    return 0;
}

static int mode_notify(int argc, char **argv) {
    (void)argc;
    return rf_probe_notify(argv + 2);
}

/* The same, then it stays. */
static int mode_service(int argc, char **argv) {
    if (mode_notify(argc, argv) != 0) return 1;
    wait_for_ever();
}

static int mode_serve(int argc, char **argv) {
    (void)argc, (void)argv;
    return rf_probe_serve();
}

static int mode_put(int argc, char **argv) {
    (void)argc;
    return rf_probe_put_fd((int)number(argv[2]), argv[3]);
}

static const struct mode {
    const char *name;
    int fewest;
    int (*run)(int argc, char **argv);
} modes[] = {
    {"json", 2, mode_json},      {"exit", 3, mode_exit},     {"signal", 3, mode_signal},
    {"eat-memory", 3, mode_eat}, {"spin", 3, mode_spin},     {"fork", 3, mode_fork},
    {"call", 3, mode_call},      {"io", 4, mode_io},         {"sleep", 2, mode_sleep},
    {"orphan", 2, mode_orphan},  {"handle", 2, mode_handle}, {"scan", 4, mode_scan},
    {"int80", 2, mode_int80},    {"write", 4, mode_write},   {"print", 2, mode_print},
    {"report", 2, mode_report},  {"notify", 2, mode_notify}, {"service", 2, mode_service},
    {"serve", 2, mode_serve},    {"put", 4, mode_put},       {"reach", 3, mode_reach},
    {"json", 2, mode_json},      {"exit", 3, mode_exit},     {"signal", 3, mode_signal},
    {"eat-memory", 3, mode_eat}, {"spin", 3, mode_spin},     {"fork", 3, mode_fork},
    {"call", 3, mode_call},      {"io", 4, mode_io},         {"sleep", 2, mode_sleep},
    {"orphan", 2, mode_orphan},  {"handle", 2, mode_handle}, {"scan", 4, mode_scan},
    {"int80", 2, mode_int80},    {"write", 4, mode_write},   {"print", 2, mode_print},
    {"report", 2, mode_report},  {"reach", 3, mode_reach},   {"terminal", 2, mode_terminal},
    {"deaf", 2, mode_deaf},      {"burn", 3, mode_burn},
};

int main(int argc, char **argv) {
    /* `as UID MODE...`: what a server does that drops from root to a worker account by itself. */
    if (argc > 3 && strcmp(argv[1], "as") == 0) {
        if (setuid((uid_t)number(argv[2])) != 0) return WRONG_USE;
        argv += 2;
        argc -= 2;
    }
    for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(modes[i].name, argv[1]) == 0) return argc < modes[i].fewest ? WRONG_USE : modes[i].run(argc, argv);
    return WRONG_USE;
}
