/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A payload that tries the known ways out of a container and prints one line for each: "NAME open", "NAME errno N" or
 * "NAME signal N".  Whatever is open is left as it was: files are opened for writing but not written, mounts are made in
 * namespaces of the attempt's own.
 *
 *   attempts files     kernel files through which a host is taken over
 *   attempts calls     everything else (attempts_calls.c)
 *   attempts stay      waits until it is killed
 */
#include "attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct file {
    const char *path;
    int flags;
} files[] = {
    {"/proc/sys/kernel/core_pattern", O_WRONLY},
    {"/proc/sys/kernel/modprobe", O_WRONLY},
    {"/proc/sys/kernel/poweroff_cmd", O_WRONLY},
    {"/proc/sys/kernel/sysrq", O_WRONLY},
    {"/proc/sys/kernel/hostname", O_WRONLY},
    {"/proc/sys/kernel/ns_last_pid", O_WRONLY},
    {"/proc/sys/kernel/randomize_va_space", O_WRONLY},
    {"/proc/sys/kernel/kptr_restrict", O_WRONLY},
    {"/proc/sys/kernel/usermodehelper/bset", O_WRONLY},
    {"/proc/sys/kernel/yama/ptrace_scope", O_WRONLY},
    {"/proc/sys/user/max_user_namespaces", O_WRONLY},
    {"/proc/sys/vm/panic_on_oom", O_WRONLY},
    {"/proc/sys/vm/drop_caches", O_WRONLY},
    {"/proc/sys/vm/mmap_min_addr", O_WRONLY},
    {"/proc/sys/fs/suid_dumpable", O_WRONLY},
    {"/proc/sys/fs/binfmt_misc/register", O_WRONLY},
    {"/proc/sys/net/ipv4/ip_forward", O_WRONLY},
    {"/proc/sysrq-trigger", O_WRONLY},
    {"/proc/irq/default_smp_affinity", O_WRONLY},
    {"/proc/mtrr", O_WRONLY},
    {"/proc/timer_list", O_RDONLY},
    {"/proc/sched_debug", O_RDONLY},
    {"/proc/kcore", O_RDONLY},
    {"/proc/kmsg", O_RDONLY},
    {"/proc/1/mem", O_RDWR},
    {"/proc/1/root", O_PATH},
    {"/proc/1/cwd", O_PATH},
    {"/proc/1/exe", O_RDONLY},
    {"/proc/1/environ", O_RDONLY},
    {"/proc/1/ns/mnt", O_RDONLY},
    {"/sys/kernel/uevent_helper", O_WRONLY},
    {"/sys/kernel/mm/transparent_hugepage/enabled", O_WRONLY},
    {"/sys/kernel/debug/sched", O_PATH},
    {"/sys/kernel/tracing/trace", O_WRONLY},
    {"/sys/power/state", O_WRONLY},
    {"/sys/bus/pci/rescan", O_WRONLY},
    {"/sys/module/kernel/parameters/panic", O_WRONLY},
    {"/sys/devices/system/cpu/cpu0/uevent", O_WRONLY},
    {"/sys/fs/cgroup/cgroup.procs", O_WRONLY},
    {"/sys/fs/cgroup/unified/cgroup.procs", O_WRONLY},
    {"/sys/fs/cgroup/memory/cgroup.procs", O_WRONLY},
    {"/sys/fs/cgroup/memory/release_agent", O_WRONLY},
    {"/dev/mem", O_RDONLY},
    {"/dev/port", O_RDONLY},
    {"/dev/kmsg", O_WRONLY},
    {"/dev/fuse", O_RDWR},
    {"/dev/net/tun", O_RDWR},
    {"/dev/kvm", O_RDWR},
    {"/dev/loop-control", O_RDWR},
    {"/dev/mapper/control", O_RDWR},
    {"/dev/console", O_RDWR | O_NOCTTY},
    {"/dev/tty0", O_RDWR | O_NOCTTY},
    {"/dev/vda", O_RDONLY},
    {"/dev/sda", O_RDONLY},
};

static int make_file(const struct file *file) {
    int fd = open(file->path, file->flags | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return errno;
    /* What is masked can be opened and is empty. */
    char byte;
    bool empty = file->flags == O_RDONLY && read(fd, &byte, 1) == 0;
    close(fd);
    return empty ? ENODATA : 0;
}

static void try(const char *name, const struct file *file, int (*make)(void)) {
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(10);
        _exit(file ? make_file(file) : make());
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        printf("%s not tried\n", name);
    else if (WIFSIGNALED(status))
        printf("%s signal %d\n", name, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        printf("%s errno %d\n", name, WEXITSTATUS(status));
    else
        printf("%s open\n", name);
}

int main(int argc, char **argv) {
    if (argc != 2) return 98;
    if (strcmp(argv[1], "stay") == 0) {
        puts("ready");
        fflush(stdout);
        for (;;) pause();
    }
    for (size_t i = 0; strcmp(argv[1], "files") == 0 && i < sizeof files / sizeof files[0]; i++)
        try(files[i].path, &files[i], NULL);
    for (size_t i = 0; strcmp(argv[1], "calls") == 0 && i < attempts_calls_count; i++)
        try(attempts_calls[i].name, NULL, attempts_calls[i].make);
    return fflush(stdout) != 0;
}
