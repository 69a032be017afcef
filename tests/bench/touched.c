/* SPDX-License-Identifier: Apache-2.0 */
/*
 * touched NAME=COMMAND...: one launch of each under ptrace(2), as a table in Markdown: system calls of all its processes
 * up to the execve of the payload and from there to the end (the payload's own not counted), and the memory that they
 * had touched, by /proc/PID/smaps_rollup: of the process that becomes the payload as it calls execve, of the others as
 * they end.  One that only borrowed another's memory (vfork) is not told beside it.
 */
#define _GNU_SOURCE
#include "commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TASKS_MAX 64

struct task {
    pid_t pid;
    bool inside, is_payload, borrows; /* the memory of the one that made it */
};
static struct task tasks[TASKS_MAX];
static size_t task_count;

struct sums {
    unsigned before, after, rss, anonymous, most;
    bool running;
};

static struct task *task_of(pid_t pid) {
    for (size_t i = 0; i < task_count; i++)
        if (tasks[i].pid == pid) return &tasks[i];
    if (task_count == TASKS_MAX) exit(1);
    tasks[task_count] = (struct task){pid, false, false, false};
    return &tasks[task_count++];
}

static unsigned field(pid_t pid, const char *name) {
    char path[64], line[256];
    unsigned value = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    FILE *in = fopen(path, "r");
    while (in && fgets(line, sizeof line, in))
        if (strncmp(line, name, strlen(name)) == 0) value = (unsigned)strtoul(line + strlen(name), NULL, 10);
    if (in) fclose(in);
    return value;
}

static void look(pid_t pid, struct sums *s) {
    unsigned rss = field(pid, "Rss:"), anonymous = field(pid, "Anonymous:");
    if (rss > s->most) s->most = rss;
    s->rss += rss;
    s->anonymous += anonymous;
}

/* A stop at a call: entries are counted, and looked at where the memory is about to go. */
static void at_call(pid_t pid, struct sums *s, bool first) {
    struct __ptrace_syscall_info info;
    struct task *t = task_of(pid);
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) <= 0) return;
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY || t->is_payload) return;
    if (s->running)
        s->after++;
    else
        s->before++;
    bool executes = info.entry.nr == SYS_execve && !first;
    if ((executes || info.entry.nr == SYS_exit_group) && !t->borrows) look(pid, s);
    t->inside = executes;
}

static void at_exec(pid_t pid, struct sums *s) {
    struct task *t = task_of(pid);
    if (!t->inside) return; /* the launcher itself */
    t->is_payload = true;
    s->running = true;
}

static void trace(pid_t first, struct sums *s) {
    int status;
    pid_t pid;
    bool started = false;
    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        int signal = 0;
        if (!WIFSTOPPED(status)) {
            if (pid == first && status != 0) fprintf(stderr, "touched: ended with status %#x\n", (unsigned)status);
            if (pid == first) return;
            continue;
        }
        int stop = WSTOPSIG(status), event = status >> 16;
        if (stop == (SIGTRAP | 0x80))
            at_call(pid, s, !started);
        else if (event == PTRACE_EVENT_VFORK) {
            unsigned long child = 0;
            ptrace(PTRACE_GETEVENTMSG, pid, NULL, &child);
            task_of((pid_t)child)->borrows = true;
        } else if (event == PTRACE_EVENT_EXEC) {
            if (pid == first && !started)
                started = true;
            else
                at_exec(pid, s);
        } else if (event == 0 && stop != SIGSTOP && stop != SIGTRAP)
            signal = stop;
        ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal);
    }
}

int main(int argc, char **argv) {
    static struct command commands[COMMANDS_MAX];
    size_t count = argc > 1 ? commands_split(commands, argv + 1, (size_t)argc - 1) : 0;
    if (count == 0) {
        fputs("usage: touched NAME=COMMAND...\n", stderr);
        return 2;
    }
    puts("| launcher | calls to execve | calls after it | touched by all, KiB | of these written, KiB | most in one "
         "process, KiB |\n|---|---|---|---|---|---|");
    for (size_t i = 0; i < count; i++) {
        struct sums s = {0};
        task_count = 0;
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            if (!freopen("/dev/null", "w", stdout)) _exit(1);
            lseek(9, 0, SEEK_SET);
            ptrace(PTRACE_TRACEME, 0, NULL, NULL);
            raise(SIGSTOP);
            execvp(commands[i].words[0], commands[i].words);
            _exit(127);
        }
        int status;
        if (pid < 0 || waitpid(pid, &status, 0) != pid) return 1;
        ptrace(PTRACE_SETOPTIONS, pid, NULL,
               (void *)(long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                              PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL));
        ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
        trace(pid, &s);
        printf("| %s | %u | %u | %u | %u | %u |\n", commands[i].name, s.before, s.after, s.rss, s.anonymous, s.most);
        fflush(stdout);
    }
    return 0;
}
