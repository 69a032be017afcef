/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a leaf: counting OOM kills, killing, removing; and sweeping those of killed enforcers. */
#include "chars.h"
#include "files.h"
#include "limit_parts.h"
#include "line.h"
#include "status.h"

static char buffer[2 * RF_PAGE];

/* The number behind "\nNAME" in a file of lines. */
static uint64_t field(const char *text, const char *name) {
    for (; text; text = rf_chars_next(text, '\n')) {
        const char *rest = rf_chars_after(text, name);
        uint64_t value;
        if (rest && rf_chars_number(&rest, &value)) return value;
    }
    return RF_UNCOUNTED;
}

/* Each: number of the count, from 1; file of a leaf, v2's before v1's; what stands before the number in it. */
static const char counted[] = "\1memory.events\0oom_kill \0"
                              "\1memory.oom_control\0oom_kill \0"
                              "\2memory.peak\0\0" /* Linux 5.19 */
                              "\2memory.max_usage_in_bytes\0\0"
                              "\3pids.events\0max \0"
                              "\4cpu.stat\0user_usec \0"
                              "\5cpu.stat\0system_usec \0";
_Static_assert(RF_COUNT_OOM_KILLS == 0 && RF_COUNT_MEMORY == 1 && RF_COUNT_PIDS == 2 && RF_COUNT_USER == 3 &&
                   RF_COUNT_SYSTEM == 4,
               "the numbers above");

static uint64_t microseconds(const struct __kernel_old_timeval *time) {
    return (uint64_t)time->tv_sec * 1000000 + (uint64_t)time->tv_usec;
}

void rf_limit_count(uint64_t *counts, const struct rusage *usage) {
    for (int i = 0; i < RF_COUNTS; i++) counts[i] = RF_UNCOUNTED;
    for (const char *file = counted; *file != '\0';) {
        uint64_t *to = &counts[*file++ - 1];
        const char *name = file + rf_chars_length(file) + 1;
        for (int k = 0; k < rf_limits.leaf_count && *to == RF_UNCOUNTED; k++)
            if (rf_files_read(rf_limits.leaves[k].dir, file, buffer, sizeof buffer) >= 0) *to = field(buffer, name);
        file = name + rf_chars_length(name) + 1;
    }
    if (counts[RF_COUNT_OOM_KILLS] == RF_UNCOUNTED) counts[RF_COUNT_OOM_KILLS] = 0;
    if (counts[RF_COUNT_USER] != RF_UNCOUNTED) return;
    counts[RF_COUNT_USER] = microseconds(&usage->ru_utime);
    counts[RF_COUNT_SYSTEM] = microseconds(&usage->ru_stime);
}

/* Frozen, nothing can fork away from the list. */
static void kill_listed(const struct rf_leaf *leaf) {
    if (leaf->v2)
        rf_files_write(leaf->dir, "cgroup.freeze", "1");
    else
        rf_limit_v1_freeze(leaf, true);
    int fd = sys_openat(leaf->dir, "cgroup.procs", O_RDONLY | O_NOFOLLOW, 0), n = 0;
    if (fd >= 0) n = sys_read(fd, buffer, sizeof buffer - 1);
    if (fd >= 0) sys_close(fd);
    buffer[n > 0 ? n : 0] = '\0'; /* a list longer than this comes again at the next try */
    for (const char *p = buffer; p; p = rf_chars_next(p, '\n')) {
        uint64_t pid;
        const char *q = p;
        /* 0 is a process of another pid namespace; the last number may have been cut off. */
        if (rf_chars_number(&q, &pid) && *q == '\n' && pid > 1 && pid <= INT32_MAX) sys_kill((int)pid, SIGKILL);
    }
    if (leaf->v2)
        rf_files_write(leaf->dir, "cgroup.freeze", "0");
    else
        rf_limit_v1_freeze(leaf, false);
}

static void kill_all(void) {
    const struct rf_leaf *leaf = &rf_limits.leaves[rf_limits.has_v2 ? 0 : rf_limits.leaf_count - 1];
    if (leaf->dir < 0) return;
    if (leaf->v2 && rf_files_write(leaf->dir, "cgroup.kill", "1") == 0) return; /* Linux 5.14 */
    kill_listed(leaf);
}

enum { DIRECTORY = 4 }; /* DT_DIR */
struct entry {          /* struct linux_dirent64 */
    uint64_t inode, next;
    uint16_t length;
    uint8_t type;
    char name[];
};

#define NESTED_MAX 4096 /* cgroups taken away in one go */

/* Name of one directory in `dir`; false if there is none. */
static bool find_directory(int dir, struct rf_line *name) {
    _Alignas(8) char entries[1024];
    int list = sys_openat(dir, ".", O_RDONLY | O_DIRECTORY, 0), n;
    bool found = false;
    while (list >= 0 && !found && (n = sys_getdents(list, entries, sizeof entries)) > 0)
        for (int at = 0; at < n && !found; at += ((struct entry *)(void *)(entries + at))->length) {
            const struct entry *entry = (const void *)(entries + at);
            found = entry->type == DIRECTORY && entry->name[0] != '.';
            if (found) rf_line_text(name, entry->name);
        }
    if (list >= 0) sys_close(list);
    return found && !rf_line_full(name);
}

/* Goes down to a cgroup without others below and removes it; false if there is none, or it is still in use. */
static bool remove_deepest(int leaf) {
    char text[2][256];
    int above = -1, dir = leaf, depth = 0;
    for (;; depth++) {
        struct rf_line name = RF_LINE(text[depth & 1]);
        if (!find_directory(dir, &name)) break;
        int below = sys_openat(dir, text[depth & 1], O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
        if (above >= 0 && above != leaf) sys_close(above);
        above = dir;
        if (below < 0) {
            if (above != leaf) sys_close(above);
            return false;
        }
        dir = below;
    }
    bool removed = depth > 0 && sys_unlinkat(above, text[(depth - 1) & 1], AT_REMOVEDIR) == 0;
    if (depth > 0) sys_close(dir);
    if (depth > 1) sys_close(above);
    return removed;
}

/* A payload that was given a writable cgroupfs may have made cgroups in its leaf, as deep as it liked. */
static void remove_nested(int leaf) {
    for (int n = 0; n < NESTED_MAX && remove_deepest(leaf); n++) {
    }
}

static bool remove_once(void) {
    bool all = true;
    /* The leaf that kill_all() works on goes last. */
    for (int k = 0; k < rf_limits.leaf_count; k++) {
        struct rf_leaf *leaf = &rf_limits.leaves[rf_limits.has_v2 ? rf_limits.leaf_count - 1 - k : k];
        if (leaf->dir < 0) continue;
        int error = sys_unlinkat(leaf->parent, leaf->name, AT_REMOVEDIR);
        if (error < 0 && error != -ENOENT) {
            remove_nested(leaf->dir); /* for the next try */
            all = false;
            break;
        }
        sys_close(leaf->dir);
        leaf->dir = -1;
    }
    return all;
}

bool rf_limit_remove(void) {
    struct __kernel_timespec pause = {0, 200000};
    /* In all some 8 s: a killed process can be stuck in the kernel, waiting for a disk. */
    for (int try = 0; try < 420; try++) {
        if (remove_once()) {
            rf_limit_v2_restore();
            return true;
        }
        kill_all();
        sys_ppoll(NULL, 0, &pause);
        if (pause.tv_nsec < 20000000) pause.tv_nsec += pause.tv_nsec / 4;
    }
    return false;
}

/* A leaf that nobody holds the lock of has lost its supervisor, or is that of a payload that never had one. */
void rf_limit_sweep_one(int parent, const char *name) {
    char text[8];
    const char *rest = rf_chars_after(name, "ringfence.");
    if (!rest || ((*rest < '0' || *rest > '9') && !rf_chars_after(name, RF_LIMIT_NAMED))) return;
    int dir = sys_openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    if (dir < 0) return;
    if (sys_flock(dir, LOCK_EX | LOCK_NB) == 0 && rf_files_read(dir, "cgroup.procs", text, sizeof text) == 0) {
        remove_nested(dir);
        sys_unlinkat(parent, name, AT_REMOVEDIR);
    }
    sys_close(dir);
}

void rf_limit_sweep(void) {
    _Alignas(8) char entries[RF_PAGE];
    for (int i = 0; i < rf_limits.leaf_count; i++) {
        int parent = rf_limits.leaves[i].parent;
        /* Its own descriptor: reading a directory moves the position. */
        int list = sys_openat(parent, ".", O_RDONLY | O_DIRECTORY, 0), n;
        if (list < 0) continue;
        while ((n = sys_getdents(list, entries, sizeof entries)) > 0)
            for (int at = 0; at < n; at += ((struct entry *)(void *)(entries + at))->length)
                rf_limit_sweep_one(parent, ((struct entry *)(void *)(entries + at))->name);
        sys_close(list);
    }
}
