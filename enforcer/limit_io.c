/* SPDX-License-Identifier: Apache-2.0 */
/* From a path to the disk that can be throttled. */
#include "chars.h"
#include "files.h"
#include "limit_parts.h"
#include "line.h"

static struct { uint64_t major, minor; } disks[RF_IO_MAX];

static void read_device(struct rf_where where, int dir, uint64_t *major, uint64_t *minor) {
    char text[32];
    const char *p = text;
    rf_must(where, rf_files_read(dir, "../dev", text, sizeof text), "cannot read the disk of a partition from sysfs");
    if (!rf_chars_number(&p, major) || *p++ != ':' || !rf_chars_number(&p, minor))
        rf_fail(where, 0, "sysfs names the disk of a partition as '%s'", text);
}

void rf_limit_io_device(struct rf_launch *launch, uint32_t i, char *text, size_t size) {
    struct rf_where where = RF_AT(CGROUP, IO, i);
    struct statx st;
    char path[64];
    rf_must(where, sys_fstatx(launch->objects.io[i], &st), "device of the io limit");
    bool block = (st.stx_mode & S_IFMT) == S_IFBLK;
    uint64_t major = block ? st.stx_rdev_major : st.stx_dev_major;
    uint64_t minor = block ? st.stx_rdev_minor : st.stx_dev_minor;
    if (major == 0)
        rf_fail(where, 0,
                "the path of this io limit is not on one disk (btrfs, overlay, tmpfs or a network file system): name "
                "the block device itself");
    RF_PRINT(path, "/sys/dev/block/%lu:%lu", major, minor);
    int dir = rf_must(where, sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0), "cannot open %s", path);
    /* A partition has no queue of its own: the kernel refuses it (v2) or does nothing (some v1). */
    if (sys_faccessat(dir, "partition", 0) == 0) read_device(where, dir, &major, &minor);
    sys_close(dir);
    for (uint32_t k = 0; k < i; k++)
        if (disks[k].major == major && disks[k].minor == minor)
            rf_fail(where, 0, "two io limits are for the same disk, %lu:%lu", major, minor);
    disks[i].major = major;
    disks[i].minor = minor;
    rf_line_print(text, size, "%lu:%lu", major, minor);
}

void rf_limit_io_write(uint32_t i, const struct rf_leaf *leaf, const char *file, const char *text, const char *device) {
    struct rf_where where = RF_AT(CGROUP, IO, i);
    int error = rf_files_write(leaf->dir, file, text);
    if (error == -ENODEV) rf_fail(where, error, "the disk %s cannot be throttled", device);
    rf_must(where, error, "cannot write '%s' to %s (cgroup v%d)", text, file, leaf->v2 ? 2 : 1);
}

void rf_limit_io_read_back(uint32_t i, const struct rf_leaf *leaf, const char *file, const char *text) {
    char got[RF_PAGE];
    struct rf_where where = RF_AT(CGROUP, IO, i);
    rf_must(where, rf_files_read(leaf->dir, file, got, sizeof got), "cannot read back %s", file);
    for (const char *p = got; p; p = rf_chars_next(p, '\n')) {
        const char *rest = rf_chars_after(p, text);
        if (rest && (*rest == '\n' || *rest == '\0')) return;
    }
    rf_fail(where, 0, "%s: wrote '%s', the kernel made it '%s'", file, text, got);
}
