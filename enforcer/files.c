/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"
#include "chars.h"

int rf_files_read(int dir, const char *name, char *buffer, size_t size) {
    size_t length = 0;
    int fd = sys_openat(dir, name, O_RDONLY | O_NOFOLLOW, 0), n = 1;
    if (fd < 0) return fd;
    while (length < size) {
        n = sys_read(fd, buffer + length, size - length);
        if (n == -EINTR) continue;
        if (n <= 0) break;
        length += (size_t)n;
    }
    sys_close(fd);
    if (n < 0) return n;
    buffer[length == size ? size - 1 : length] = '\0';
    return length == size ? -EFBIG : (int)length;
}

int rf_files_write(int dir, const char *name, const char *text) {
    size_t length = rf_chars_length(text);
    int fd = sys_openat(dir, name, O_WRONLY | O_NOFOLLOW, 0), n;
    if (fd < 0) return fd;
    do n = sys_write(fd, text, length);
    while (n == -EINTR);
    sys_close(fd);
    if (n < 0) return n;
    return (size_t)n == length ? 0 : -EIO;
}

int rf_files_write_all(int fd, const char *bytes, size_t count) {
    while (count > 0) {
        int n = sys_write(fd, bytes, count);
        if (n == -EINTR) continue;
        if (n <= 0) return n < 0 ? n : -EIO;
        bytes += n;
        count -= (size_t)n;
    }
    return 0;
}

int rf_files_close_but(int first, uint64_t set, int a, int b) {
    for (int fd = first;; fd++) {
        bool more = fd < 64 || fd <= a || fd <= b; /* else nothing from here on is to stay */
        if (more && fd != a && fd != b && (fd > 63 || !(set >> fd & 1))) continue;
        int error = !more || fd > first ? sys_close_range((unsigned)first, more ? (unsigned)fd - 1 : ~0u) : 0;
        if (!more || error < 0) return error;
        first = fd + 1;
    }
}

bool rf_files_on(int fd, unsigned long magic) {
    struct statfs fs;
    return sys_fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == magic;
}

int rf_files_link_is(int dir, const char *name, const char *text) {
    char link[64];
    int n = sys_readlinkat(dir, name, link, sizeof link - 1);
    if (n < 0) return n == -ENOENT ? 0 : n;
    link[n] = '\0';
    return rf_chars_equal(link, text);
}
