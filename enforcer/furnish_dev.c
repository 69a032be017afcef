/* SPDX-License-Identifier: Apache-2.0 */
/* /dev: always a fresh tmpfs of our own, never a directory of the image. */
#include "furnish.h"
#include "line.h"
#include "mount.h"

static int dev; /* 0 until rf_furnish_dev() has made it */

int rf_furnish_dev_fd(void) {
    return dev;
}

static void make_links(void) {
    static const char links[][2][16] = {{"fd", "/proc/self/fd"},
                                        {"stdin", "/proc/self/fd/0"},
                                        {"stdout", "/proc/self/fd/1"},
                                        {"stderr", "/proc/self/fd/2"}};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        rf_must(RF_STEP(DEV), sys_symlinkat(links[i][1], dev, links[i][0]), "/dev/%s", links[i][0]);
    }
}

static void make_node(const struct rf_device *d, const char *name, struct rf_where where) {
    unsigned number = (d->minor & 0xff) | d->major << 8 | (d->minor & ~0xffu) << 12; /* new_encode_dev() */
    rf_must(where, sys_mknodat(dev, name, S_IFCHR | d->mode, number), "cannot make /dev/%s", name);
}

static void bind_node(int node, const char *name, struct rf_where where) {
    rf_must(where, sys_mknodat(dev, name, S_IFREG, 0), "cannot make /dev/%s", name);
    int target = rf_must(where, sys_openat(dev, name, O_PATH | O_NOFOLLOW, 0), "/dev/%s", name);
    rf_mount_attach(node, target, where, name);
    rf_mount_restrict(node, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, false, where, name);
    sys_close(node);
}

void rf_furnish_dev(struct rf_launch *launch) {
    char size[16]; /* what the policy has as the content of a file stands here for a moment, one page or more each */
    const char *const options[] = {"mode", "755", "size", size, NULL};
    const struct rf_where where = RF_STEP(DEV);
    if (rf_furnish_keeps(launch)) return;
    RF_PRINT(size, "%uk", 64 * (1 + rf_view_count(&launch->view, RF_MOUNTS)));
    dev = rf_mount_new("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, where, options);
    rf_mount_attach(dev, rf_mount_target(launch, "/dev", true, where), where, "/dev");
    rf_mount_own(dev);
    rf_mount_guard(dev);
    make_links();
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_DEVICES); i++) {
        const struct rf_device *d = RF_RECORD(&launch->view, DEVICES, struct rf_device, i);
        const char *name = rf_view_string(&launch->view, d->name);
        if (launch->makes_nodes)
            make_node(d, name, RF_AT(DEV, DEVICES, i));
        else
            bind_node(launch->objects.devices[i], name, RF_AT(DEV, DEVICES, i));
    }
    if (launch->objects.ready >= 0)
        bind_node(launch->objects.ready, "notify", RF_FIELD(DEV, SERVICE, struct rf_service, notify_socket));
}

/* Another instance than the host's: its numbers begin at 0 and nobody else's terminals are in it.  It may hold no more
 * than 256, of the thousands that the kernel has for all instances together. */
int rf_furnish_devpts(struct rf_where where) {
    static const char *const options[] = {"ptmxmode", "666", "max", "256", NULL};
    int pts = rf_mount_new("devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, where, options);
    int error = sys_mkdirat(dev, "pts", 0755);
    if (error == 0) error = sys_symlinkat("pts/ptmx", dev, "ptmx");
    if (error == 0) error = sys_openat(dev, "pts", O_PATH | O_NOFOLLOW, 0);
    rf_mount_attach(pts, rf_must(where, error, "/dev/pts"), where, "/dev/pts");
    rf_mount_guard(pts);
    return pts;
}

void rf_furnish_dev_seal(struct rf_launch *launch) {
    if (rf_furnish_keeps(launch)) return;
    rf_mount_restrict(dev, MOUNT_ATTR_RDONLY, false, RF_STEP(DEV), "/dev");
    sys_close(dev);
}
