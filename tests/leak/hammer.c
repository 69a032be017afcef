/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one command many times, several at once, and counts how it ended:
 *
 *   hammer COUNT AT_ONCE [-x A B] [-k MICROSECONDS] -- COMMAND...
 *
 * -x lets two directory entries change places all the time meanwhile.  -k kills every second run at a point somewhere
 * within that time, which differs from run to run and is the same in every hammering.
 * Prints "exit CODE COUNT" and "signal NUMBER COUNT" lines, "exchanges COUNT" with -x, and "alive COUNT": processes that
 * the runs left (they are killed).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE_MAX 256
#define GRACE_MS    5000

static struct options {
    long count, at_once, kill_within;
    const char *a, *b;
    char **command;
} options;

static struct run {
    pid_t pid;
    uint64_t kill_at; /* ns; 0: never */
} runs[AT_ONCE_MAX];

static long ended[512]; /* 0-255 exit codes, 256 and more signals */

_Noreturn static void die(const char *what) {
    fprintf(stderr, "hammer: %s: %s\n", what, strerror(errno));
    exit(2);
}

static uint64_t now(void) {
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) die("clock_gettime");
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void read_options(int argc, char **argv) {
    if (argc < 3) die("usage");
    options.count = strtol(argv[1], NULL, 10);
    options.at_once = strtol(argv[2], NULL, 10);
    int i = 3;
    while (i < argc && strcmp(argv[i], "--") != 0) {
        if (strcmp(argv[i], "-x") == 0 && i + 2 < argc) {
            options.a = argv[i + 1];
            options.b = argv[i + 2];
            i += 3;
        } else if (strcmp(argv[i], "-k") == 0 && i + 1 < argc) {
            options.kill_within = strtol(argv[i + 1], NULL, 10);
            i += 2;
        } else {
            die("usage");
        }
    }
    options.command = argv + i + 1;
    if (i + 1 >= argc || options.count < 1 || options.at_once < 1 || options.at_once > AT_ONCE_MAX) die("usage");
}

/* In a process of its own, since a thread would have to stop for every spawn. */
static pid_t start_exchanging(volatile long *exchanges) {
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child > 0) return child;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) _exit(2);
    for (;;) {
        if (renameat2(AT_FDCWD, options.a, AT_FDCWD, options.b, RENAME_EXCHANGE) == 0) ++*exchanges;
        sched_yield();
    }
}

static void start(struct run *run, long number) {
    static uint64_t random = 1;
    posix_spawn_file_actions_t files;
    if (posix_spawn_file_actions_init(&files) != 0) die("posix_spawn_file_actions_init");
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&files, fd, "/dev/null", fd == 0 ? O_RDONLY : O_WRONLY, 0);
    char *environment[] = {NULL};
    errno = posix_spawn(&run->pid, options.command[0], &files, NULL, options.command, environment);
    if (errno != 0) die("posix_spawn");
    posix_spawn_file_actions_destroy(&files);
    run->kill_at = 0;
    if (options.kill_within == 0 || number % 2 != 0) return;
    random = random * 6364136223846793005u + 1442695040888963407u;
    run->kill_at = now() + (random >> 33) % ((uint64_t)options.kill_within * 1000) + 1;
}

/* One that has ended; with -k it looks again and again, since a wait could not be left in time. */
static pid_t collect(int *status) {
    for (;;) {
        pid_t done = waitpid(-1, status, options.kill_within != 0 ? WNOHANG : 0);
        if (done > 0) return done;
        if (done < 0 && errno != EINTR) die("waitpid");
        uint64_t time = now();
        for (long i = 0; i < options.at_once; i++) {
            if (runs[i].kill_at == 0 || runs[i].kill_at > time) continue;
            kill(runs[i].pid, SIGKILL); /* not yet reaped: its own number */
            runs[i].kill_at = 0;
        }
        sched_yield();
    }
}

static void hammer(void) {
    long started = 0, running = 0;
    while (started < options.count || running > 0) {
        for (long i = 0; i < options.at_once && started < options.count; i++) {
            if (runs[i].pid != 0) continue;
            start(&runs[i], started++);
            running++;
        }
        int status;
        pid_t done = collect(&status);
        for (long i = 0; i < options.at_once; i++) {
            if (runs[i].pid != done) continue; /* else an orphan, who came to us */
            runs[i] = (struct run){0, 0};
            running--;
            ended[WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status)]++;
        }
    }
}

/* Every orphan of a run is ours: those that do not end by themselves are counted and ended. */
static long orphans(void) {
    long alive = 0;
    uint64_t end = now() + GRACE_MS * UINT64_C(1000000);
    for (;;) {
        pid_t done = waitpid(-1, NULL, WNOHANG);
        if (done < 0) return alive;
        if (done > 0) continue;
        if (now() < end) {
            usleep(1000);
            continue;
        }
        char line[4096], path[64];
        snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
        FILE *file = fopen(path, "re");
        if (!file || !fgets(line, sizeof line, file)) return alive + 1;
        fclose(file);
        char *save = NULL;
        for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save), alive++)
            kill((pid_t)strtol(word, NULL, 10), SIGKILL);
        end = now() + GRACE_MS * UINT64_C(1000000);
    }
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    volatile long *exchanges = mmap(NULL, sizeof *exchanges, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (exchanges == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) die("start");
    pid_t exchanging = options.a ? start_exchanging(exchanges) : 0;
    hammer();
    if (exchanging > 0) {
        kill(exchanging, SIGKILL);
        waitpid(exchanging, NULL, 0);
        printf("exchanges %ld\n", *exchanges);
    }
    for (int i = 0; i < 512; i++)
        if (ended[i] != 0) printf("%s %d %ld\n", i < 256 ? "exit" : "signal", i % 256, ended[i]);
    printf("alive %ld\n", orphans());
    return 0;
}
