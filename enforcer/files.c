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

int rf_files_close_but(int first, int a, int b) {
    const int keep[] = {a < b ? a : b, a < b ? b : a};
    for (int i = 0; i < 2; i++) {
        if (keep[i] < first) continue;
        int error = keep[i] > first ? sys_close_range((unsigned)first, (unsigned)keep[i] - 1) : 0;
        if (error < 0) return error;
        first = keep[i] + 1;
    }
    return sys_close_range((unsigned)first, ~0u);
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
