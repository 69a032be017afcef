/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup v1, alone or on a hybrid host. */
#include "chars.h"
#include "files.h"
#include "limit_parts.h"
#include "line.h"
#include "status.h"
#include <linux/magic.h>

/* O_PATH of the mount of a v1 controller at its FHS place, or -1.  A symlink is followed: where cpu and
 * cpuacct share a hierarchy, "cpu" leads to "cpu,cpuacct". */
static int open_mount(const char *controller) {
    char path[64];
    RF_PRINT(path, "/sys/fs/cgroup/%s", controller);
    int fd = sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
    if (fd >= 0 && !rf_files_on(fd, CGROUP_SUPER_MAGIC)) {
        sys_close(fd);
        fd = -1;
    }
    return fd < 0 ? -1 : fd;
}

bool rf_limit_v1_has(const char *controller) {
    int fd = open_mount(controller);
    if (fd >= 0) sys_close(fd);
    return fd >= 0;
}

int rf_limit_v1_add(const char *controller, bool must) {
    char path[RF_PAGE];
    uint32_t id;
    if (!rf_limit_own(controller, path, sizeof path, &id)) {
        if (!must) return -1;
        rf_fail(RF_STEP(CGROUP), 0, "/proc/self/cgroup does not say where we are in the v1 hierarchy of %s",
                controller);
    }
    for (int i = 0; i < rf_limits.leaf_count; i++)
        if (!rf_limits.leaves[i].v2 && rf_limits.leaves[i].id == id) return i;
    int mount = open_mount(controller);
    int parent = mount < 0 ? -ENOENT : rf_limit_open_below(mount, path);
    if (mount >= 0) sys_close(mount);
    if (parent < 0 && !must) return -1;
    if (parent < 0)
        rf_fail(RF_STEP(CGROUP), parent, "cannot open our own cgroup /sys/fs/cgroup/%s%s", controller, path);
    if (!rf_limit_holds_us(parent)) {
        sys_close(parent);
        if (!must) return -1;
        rf_fail(RF_STEP(CGROUP), 0, "/sys/fs/cgroup/%s%s%s", controller, path, rf_limit_elsewhere);
    }
    rf_limits.leaves[rf_limits.leaf_count] =
        (struct rf_leaf){.parent = parent, .dir = -1, .procs = -1, .id = id, .v2 = false, .name = ""};
    return rf_limits.leaf_count++;
}

/* What v2 says, and how v1 says it. */
static const char pairs[] = "memory.max\0memory.limit_in_bytes\0"
                            "memory.swap.max\0memory.memsw.limit_in_bytes\0"
                            "memory.low\0memory.soft_limit_in_bytes\0"
                            "cpu.max\0cpu.cfs_quota_us\0"
                            "cpu.weight\0cpu.shares\0"
                            "pids.max\0pids.max\0";

static bool has_counterpart(const struct rf_launch *launch, const char *file) {
    const struct rf_view *v = &launch->view;
    const char *theirs;
    for (uint32_t p = 0; *(theirs = rf_chars_nth(pairs, p)) != '\0'; p += 2) {
        if (!rf_chars_equal(theirs, file)) continue;
        for (uint32_t k = 0; k < rf_view_count(v, RF_LIMITS); k++) {
            const struct rf_limit *limit = RF_RECORD(v, LIMITS, struct rf_limit, k);
            if (limit->version == 1 && rf_chars_equal(rf_chars_nth(pairs, p + 1), rf_view_string(v, limit->file)))
                return true;
        }
    }
    return false;
}

void rf_limit_v1_check(struct rf_launch *launch, uint32_t controller) {
    const struct rf_view *v = &launch->view;
    for (uint32_t i = 0; i < rf_view_count(v, RF_LIMITS); i++) {
        const struct rf_limit *limit = RF_RECORD(v, LIMITS, struct rf_limit, i);
        const char *file = rf_view_string(v, limit->file);
        if (limit->controller != controller || limit->version != 2 || has_counterpart(launch, file)) continue;
        if (!(limit->flags & RF_LIMIT_OPTIONAL))
            rf_fail(RF_AT(CGROUP, LIMITS, i), 0,
                    "%s: cgroup v1, which this machine uses for %s, cannot say it; make it `optional`, or boot with "
                    "cgroup v2",
                    file, rf_limit_names[controller]);
        rf_status_skipped(file);
    }
}

static void write_device(uint32_t i, const char *device, const char *file, uint64_t value) {
    char text[64];
    const struct rf_leaf *leaf = &rf_limits.leaves[rf_limits.leaf_of[RF_CTL_IO]];
    if (value == RF_UNLIMITED) return;
    RF_PRINT(text, "%s %lu", device, value);
    rf_limit_io_write(i, leaf, file, text, device);
    rf_limit_io_read_back(i, leaf, file, text);
}

void rf_limit_v1_io(struct rf_launch *launch, uint32_t i, const char *device) {
    const struct rf_io *io = RF_RECORD(&launch->view, IO, struct rf_io, i);
    write_device(i, device, "blkio.throttle.read_bps_device", io->rbps);
    write_device(i, device, "blkio.throttle.write_bps_device", io->wbps);
    write_device(i, device, "blkio.throttle.read_iops_device", io->riops);
    write_device(i, device, "blkio.throttle.write_iops_device", io->wiops);
}

void rf_limit_v1_freeze(const struct rf_leaf *leaf, bool frozen) {
    char state[32];
    struct __kernel_timespec pause = {0, 1000000};
    if (rf_files_write(leaf->dir, "freezer.state", frozen ? "FROZEN" : "THAWED") < 0) return;
    for (int try = 0; frozen && try < 20; try++) { /* FREEZING until every task has stopped */
        if (rf_files_read(leaf->dir, "freezer.state", state, sizeof state) < 0) return;
        if (rf_chars_equal(state, "FROZEN\n")) return;
        sys_ppoll(NULL, 0, &pause);
    }
}
