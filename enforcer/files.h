/* SPDX-License-Identifier: Apache-2.0 */
/* Small kernel files (procfs, cgroupfs): whole reads and whole writes. */
#ifndef RF_FILES_H
#define RF_FILES_H

#include "sys.h"

/* Reads a file below directory `dir` whole, NUL-terminated.  Its length, or -errno; -EFBIG: larger than the buffer, which holds its
 * beginning. */
int rf_files_read(int dir, const char *name, char *buffer, size_t size);

/* Writes all of `text` in one write(2).  0, or -errno; a short write is -EIO. */
int rf_files_write(int dir, const char *name, const char *text);

/* Writes all of it, in as many write(2) as that takes.  0, or -errno. */
int rf_files_write_all(int fd, const char *bytes, size_t count);

/* Closes every descriptor from `first` on but those of a set (bit n: descriptor n) and two more (-1: none).  0, or -errno. */
int rf_files_close_but(int first, uint64_t set, int a, int b);

/* Whether fd lies on a file system of this magic number (linux/magic.h). */
bool rf_files_on(int fd, unsigned long magic);

/* Whether a symbolic link's text is this, 0 or 1, or -errno; 0 if there is none.  Asked of /proc/self/ns, where following
 * would make the namespace's file. */
int rf_files_link_is(int dir, const char *name, const char *text);

#endif
