/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that are more than one instruction, and what a C compiler expects to find even without a libc. */
#include "sys.h"

const struct sys_action sys_action_default;

/* Called from many places, so not inline: each of these is several times the size of a call. */

int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
    return SYS4(openat2, dir, path, &how, sizeof how);
}

int sys_openat(int dir, const char *path, int flags, unsigned mode) {
    return SYS4(openat, dir, path, flags | O_CLOEXEC, mode);
}

int sys_fstatx(int fd, struct statx *st) {
    return sys_statx(fd, "", AT_EMPTY_PATH, st);
}

int sys_statx(int dir, const char *path, unsigned flags, struct statx *st) {
    return SYS5(statx, dir, path, flags, STATX_BASIC_STATS | STATX_MNT_ID, st);
}

int sys_thread(struct clone_args *args, void (*run)(void *argument), void *argument) {
    return (int)sys_new_stack(__NR_clone3, args, sizeof *args, run, argument);
}

int sys_prctl(int option, unsigned long a, unsigned long b) {
    return SYS5(prctl, option, a, b, 0, 0);
}

int sys_ppoll(struct pollfd *fds, unsigned count, const struct __kernel_timespec *timeout) {
    struct __kernel_timespec copy = {0, 0}; /* the kernel writes the rest of the time back */
    struct __kernel_timespec *left = NULL;
    if (timeout) {
        copy = *timeout;
        left = &copy;
    }
    return SYS5(ppoll, fds, count, left, NULL, 0);
}

static void split(struct __user_cap_data_struct data[2], const struct sys_caps *caps) {
    for (unsigned i = 0; i < 2; i++) {
        data[i].effective = (uint32_t)(caps->effective >> 32 * i);
        data[i].permitted = (uint32_t)(caps->permitted >> 32 * i);
        data[i].inheritable = (uint32_t)(caps->inheritable >> 32 * i);
    }
}

int sys_capget(struct sys_caps *caps) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    int error = SYS2(capget, &header, data);
    if (error < 0) return error;
    caps->effective = data[0].effective | (uint64_t)data[1].effective << 32;
    caps->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    caps->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    return 0;
}

int sys_capset(const struct sys_caps *caps) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    split(data, caps);
    return SYS2(capset, &header, data);
}

#ifndef RF_HOSTED
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);

/* -fno-builtin alone does not stop gcc from turning these loops into calls of themselves. */
#ifdef __clang__
#define NO_LOOP_IDIOM
#else
#define NO_LOOP_IDIOM __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

NO_LOOP_IDIOM void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    unsigned char *t = to;
    const unsigned char *f = from;
    for (size_t i = 0; i < size; i++) t[i] = f[i];
    return to;
}

NO_LOOP_IDIOM void *memmove(void *to, const void *from, size_t size) {
    unsigned char *t = to;
    const unsigned char *f = from;
    if (t < f)
        for (size_t i = 0; i < size; i++) t[i] = f[i];
    else
        for (size_t i = size; i > 0; i--) t[i - 1] = f[i - 1];
    return to;
}

NO_LOOP_IDIOM void *memset(void *to, int byte, size_t size) {
    unsigned char *t = to;
    for (size_t i = 0; i < size; i++) t[i] = (unsigned char)byte;
    return to;
}

NO_LOOP_IDIOM int memcmp(const void *a, const void *b, size_t size) {
    const unsigned char *p = a, *q = b;
    for (size_t i = 0; i < size; i++)
        if (p[i] != q[i]) return p[i] < q[i] ? -1 : 1;
    return 0;
}

NO_LOOP_IDIOM size_t strlen(const char *text) {
    size_t n = 0;
    while (text[n]) n++;
    return n;
}
#endif
