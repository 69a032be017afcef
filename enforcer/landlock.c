/* SPDX-License-Identifier: Apache-2.0 */
#include "landlock.h"

const uint8_t rf_landlock_since[10] = {13, 19, 102, 107, 110, 112, 115, 200, 201, 202};

/* LANDLOCK_ACCESS_FS_*, by bit; the kernel's headers of a build may be older than the last ones. */
enum {
    EXECUTE = 1,
    WRITE_FILE = 2,
    READ_FILE = 4,
    READ_DIR = 8,
    CHANGES = 0x3ff0, /* REMOVE_*, MAKE_*, REFER */
    TRUNCATE = 0x4000,
    IOCTL_DEV = 0x8000,
    OF_DIRECTORIES = READ_DIR | CHANGES, /* a rule for a file may not have them */
};
/* execve(2) asks for both; listing directories is no part of it. */
static const uint16_t rights[] = {READ_FILE | READ_DIR, WRITE_FILE | CHANGES | TRUNCATE | IOCTL_DEV,
                                  EXECUTE | READ_FILE};

static const struct rf_where at = RF_FIELD(LANDLOCK, LANDLOCK, struct rf_landlock, abi);
static int found; /* the kernel's ABI */

void rf_landlock_find(struct rf_launch *launch) {
    const struct rf_landlock *l = rf_landlock_of(launch);
    if (!l) return;
    found = sys_landlock_create_ruleset(NULL, 0, 1);
    if (found < (int)l->abi)
        rf_fail(at, found < 0 ? found : 0, "the policy needs Landlock ABI %u (Linux %u.%u), this kernel has %u", l->abi,
                RF_LANDLOCK_LINUX(l->abi), found < 0 ? 0 : (unsigned)found);
}

static int add(int ruleset, unsigned kind, uint64_t access, uint64_t object) {
    const uint64_t rule[] = {access, object}; /* of a descriptor the kernel reads the lower half */
    return sys_landlock_add_rule(ruleset, kind, rule);
}

static int add_path(const struct rf_landlock_path *p, int fd, int ruleset, uint64_t handled) {
    struct statx st;
    uint64_t access = 0;
    int error = fd < 0 ? fd : sys_fstatx(fd, &st);
    if (error < 0) return error;
    if ((st.stx_mode & S_IFMT) != S_IFDIR) handled &= ~(uint64_t)OF_DIRECTORIES;
    for (unsigned bit = 0; bit < sizeof rights / sizeof rights[0]; bit++)
        if (p->access >> bit & 1) access |= rights[bit];
    return add(ruleset, 1, access & handled, (unsigned)fd);
}

void rf_landlock_restrict(struct rf_launch *launch) {
    const struct rf_view *v = &launch->view;
    const struct rf_landlock *l = rf_landlock_of(launch);
    if (!l) return;
    /* ABI 1 knows 13 rights of files, 2 and 3 brought one each, and 5 the last of ours. */
    const int count = 12 + (found < 3 ? found : 3) + (found >= 5);
    /* What an old kernel has no field for is zero, so it takes the whole of it. */
    const uint64_t handled[] = {(1u << count) - 1, l->ports, l->scope};
    int ruleset = rf_must(at, sys_landlock_create_ruleset(handled, sizeof handled, 0), "the kernel refuses");
    for (uint32_t i = 0; i < rf_view_count(v, RF_LANDLOCK_PATHS); i++) {
        const struct rf_landlock_path *p = RF_RECORD(v, LANDLOCK_PATHS, struct rf_landlock_path, i);
        const char *path = rf_view_string(v, p->path);
        int fd = sys_openat2(AT_FDCWD, path, O_PATH, RESOLVE_NO_MAGICLINKS);
        rf_must(RF_AT(LANDLOCK, LANDLOCK_PATHS, i), add_path(p, fd, ruleset, handled[0]), "%s", path);
        sys_close(fd);
    }
    for (uint32_t i = 0; i < rf_view_count(v, RF_LANDLOCK_PORTS); i++) {
        const struct rf_landlock_port *p = RF_RECORD(v, LANDLOCK_PORTS, struct rf_landlock_port, i);
        rf_must(RF_AT(LANDLOCK, LANDLOCK_PORTS, i), add(ruleset, 2, p->access, p->port), "port %u", p->port);
    }
    rf_must(at, sys_landlock_restrict_self(ruleset), "the kernel refuses"); /* the next step closes the ruleset */
}
