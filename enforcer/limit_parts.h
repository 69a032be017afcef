/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by limit*.c only. */
#ifndef RF_LIMIT_PARTS_H
#define RF_LIMIT_PARTS_H

#include "limit.h"

/* Controllers are numbered as in the blob (enum rf_controller), and one more. */
enum { RF_CTL_IO = 4, RF_CTL_COUNT };

/* One hierarchy of cgroups that we make a leaf in. */
struct rf_leaf {
    int parent;  /* directory that the leaf is made in */
    int dir;     /* the leaf, locked; -1: not made */
    int procs;   /* v1: its cgroup.procs, for the child to write itself into; else -1 */
    uint32_t id; /* the kernel's number of the hierarchy: two v1 controllers may share one */
    bool v2;
    char name[sizeof RF_LIMIT_NAMED + RF_SHORT_MAX];
};
#define RF_LEAVES 6 /* v2, four v1 controllers, the v1 freezer */

struct rf_limits {
    uint8_t version[RF_CTL_COUNT];    /* 1, 2: where the host has it; 0: nowhere, or not needed */
    int leaf_of[RF_CTL_COUNT];        /* index into leaves */
    struct rf_leaf leaves[RF_LEAVES]; /* the v2 one, if any, is first */
    int leaf_count;
    bool has_v2;
    int mount_v2; /* O_PATH of the cgroup2 mount, or -1 */
    const char *mount_v2_path;
    bool in_namespace;      /* the cgroup namespace is not the host's first one */
    int left;               /* our own v2 cgroup, when the leaf is made outside of it; else 0 */
    char self[2 * RF_PAGE]; /* /proc/self/cgroup */
    char path[RF_PAGE];     /* of the first leaf */
};
extern struct rf_limits rf_limits;
extern const char rf_limit_elsewhere[];            /* why a directory is not our own cgroup */
extern const char rf_limit_advice[];               /* how an ordinary user gets a cgroup of its own */
extern const char rf_limit_names[RF_CTL_COUNT][8]; /* as v2 calls them, by controller */

/* Our position in a hierarchy, from /proc/self/cgroup ("" is v2): copies the path and gives the hierarchy's
 * number; false if it is not listed. */
bool rf_limit_own(const char *controller, char *path, size_t size, uint32_t *id);

/* Opens `path` ("/...") below a cgroup mount as a readable directory; -errno. */
int rf_limit_open_below(int mount, const char *path);

/* Whether this process is in the cgroup of a directory.  Looked up only in a cgroup namespace of its own: where the
 * mount is not of the same one, /proc/self/cgroup names a path that is another cgroup there. */
bool rf_limit_holds_us(int dir);

/* Removes this directory if it is a leaf that lost its supervisor. */
void rf_limit_sweep_one(int parent, const char *name);

/* v1: whether the host has this controller there. */
bool rf_limit_v1_has(const char *controller);
/* v1: adds the hierarchy of a controller to the leaves (or finds it there) and returns its index; where we have no
 * place in it, fails, or -1 unless it must be. */
int rf_limit_v1_add(const char *controller, bool must);
/* v1: fails where a v2 limit of the policy has no v1 counterpart. */
void rf_limit_v1_check(struct rf_launch *launch, uint32_t controller);
/* v1: the device limits of one record. */
void rf_limit_v1_io(struct rf_launch *launch, uint32_t i, const char *device);
/* v1 without any v2: freezes (true) or thaws the leaf. */
void rf_limit_v1_freeze(const struct rf_leaf *leaf, bool frozen);

/* v2: finds the cgroup2 mount, if the host has one. */
void rf_limit_v2_mount(void);
/* v2: whether the root lists this controller. */
bool rf_limit_v2_has(const char *controller);
/* v2: chooses the parent of the leaf for these controllers (bit n: controller n), without making anything. */
void rf_limit_v2_choose(struct rf_launch *launch, uint32_t controllers, bool must);
/* v2: enables controllers down to the parent, moving ourselves aside if that is needed. */
void rf_limit_v2_prepare(void);
/* v2: undoes what prepare did to our own cgroup. */
void rf_limit_v2_restore(void);
void rf_limit_v2_io(struct rf_launch *launch, uint32_t i, const char *device);

/* "MAJOR:MINOR" of the whole disk behind IO record i. */
void rf_limit_io_device(struct rf_launch *launch, uint32_t i, char *text, size_t size);

/* Writes the limits of one disk, and looks for them among those that the kernel lists. */
void rf_limit_io_write(uint32_t i, const struct rf_leaf *leaf, const char *file, const char *text, const char *device);
void rf_limit_io_read_back(uint32_t i, const struct rf_leaf *leaf, const char *file, const char *text);

#endif
