/* SPDX-License-Identifier: Apache-2.0 */
#include "limit.h"
#include "chars.h"
#include "files.h"
#include "limit_parts.h"
#include "line.h"
#include "params.h"
#include "status.h"
#include <linux/magic.h>

struct rf_limits rf_limits;
const char rf_limit_elsewhere[] = ": not the cgroup we are in: this mount is of another cgroup namespace";
const char rf_limit_advice[] = "; as an ordinary user start inside a delegated cgroup: systemd-run --user --scope -p "
                               "Delegate=yes ringfence-run ...";
const char rf_limit_names[RF_CTL_COUNT][8] = {"", "cpu", "memory", "pids", "io"};

static const struct rf_limit *limit_at(const struct rf_launch *launch, uint32_t i) {
    return RF_RECORD(&launch->view, LIMITS, struct rf_limit, i);
}

static struct rf_where at(uint32_t i) {
    return RF_AT(CGROUP, LIMITS, i);
}

#define NAME_AT RF_FIELD(CGROUP, CGROUP, struct rf_cgroup, name)

static bool lists(const char *line_start, const char *controller) {
    const char *p = line_start;
    while (*p != ':' && *p != '\0') {
        const char *rest = rf_chars_after(p, controller);
        if (rest && (*rest == ',' || *rest == ':')) return true;
        while (*p != ',' && *p != ':' && *p != '\0') p++;
        if (*p == ',') p++;
    }
    return *controller == '\0' && *line_start == ':';
}

bool rf_limit_own(const char *controller, char *path, size_t size, uint32_t *id) {
    const char *p = rf_limits.self;
    while (*p != '\0') {
        uint64_t number;
        const char *end = rf_chars_find(p, '\n');
        if (!end || !rf_chars_number(&p, &number) || *p++ != ':') return false;
        bool here = lists(p, controller);
        const char *colon = rf_chars_find(p, ':');
        if (!colon || colon > end) return false;
        if (here) {
            struct rf_line line = {path, (uint32_t)size, 0};
            rf_line_bytes(&line, colon + 1, (size_t)(end - colon - 1));
            *id = (uint32_t)number;
            return !rf_line_full(&line) && path[0] == '/';
        }
        p = end + 1;
    }
    return false;
}

bool rf_limit_holds_us(int dir) {
    char list[512];
    uint64_t pid = 0, self = (uint64_t)sys_getpid();
    bool found = !rf_limits.in_namespace;
    if (found) return true;
    int fd = sys_openat(dir, "cgroup.procs", O_RDONLY | O_NOFOLLOW, 0), n;
    while (fd >= 0 && !found && (n = sys_read(fd, list, sizeof list)) > 0)
        for (int i = 0; i < n && !found; i++) {
            bool digit = list[i] >= '0' && list[i] <= '9';
            found = !digit && pid == self;
            pid = digit ? pid * 10 + (uint64_t)(list[i] - '0') : 0;
        }
    if (fd >= 0) sys_close(fd);
    return found;
}

int rf_limit_open_below(int mount, const char *path) {
    while (*path == '/') path++;
    return sys_openat2(mount, *path ? path : ".", O_RDONLY | O_DIRECTORY,
                       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

/* A limit may name only files of its controller: never cgroup.procs, release_agent and the like. */
static void check_names(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_LIMITS); i++) {
        const struct rf_limit *limit = limit_at(launch, i);
        const char *file = rf_view_string(&launch->view, limit->file);
        const char *rest = rf_chars_after(file, rf_limit_names[limit->controller]);
        if (!rest || *rest != '.') rf_fail(at(i), 0, "%s: not a file of that cgroup controller", file);
    }
}

/* Bit n: controller n is used by the policy; in *must those that it cannot do without.  Bit 0: its leaf has a name, and
 * so must be there. */
static uint32_t wanted(const struct rf_launch *launch, uint32_t *must) {
    uint32_t all = rf_view_count(&launch->view, RF_CGROUP);
    *must = 0;
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_LIMITS); i++) {
        const struct rf_limit *limit = limit_at(launch, i);
        all |= 1u << limit->controller;
        if (!(limit->flags & RF_LIMIT_OPTIONAL)) *must |= 1u << limit->controller;
    }
    if (rf_view_count(&launch->view, RF_IO) > 0) {
        all |= 1u << RF_CTL_IO;
        *must |= 1u << RF_CTL_IO;
    }
    return all;
}

_Noreturn static void missing(const struct rf_launch *launch, uint32_t controller) {
    const char *name = rf_limit_names[controller];
    struct rf_where where = controller == RF_CTL_IO ? RF_AT(CGROUP, IO, 0) : RF_STEP(CGROUP);
    for (uint32_t i = rf_view_count(&launch->view, RF_LIMITS); i-- > 0;)
        if (limit_at(launch, i)->controller == controller) where = at(i);
    rf_fail(where, 0,
            "this machine has no cgroup controller '%s': it is neither in %s/cgroup.controllers nor mounted as v1 at "
            "/sys/fs/cgroup/%s; boot without cgroup_disable=, or let the service manager mount it",
            name, rf_limits.mount_v2_path ? rf_limits.mount_v2_path : "/sys/fs/cgroup",
            controller == RF_CTL_IO ? "blkio" : name);
}

static void find_versions(struct rf_launch *launch, uint32_t all, uint32_t must) {
    for (uint32_t c = 1; c < RF_CTL_COUNT; c++) {
        rf_limits.leaf_of[c] = -1;
        if (!(all >> c & 1)) continue;
        if (rf_limit_v1_has(c == RF_CTL_IO ? "blkio" : rf_limit_names[c]))
            rf_limits.version[c] = 1;
        else if (rf_limit_v2_has(rf_limit_names[c]))
            rf_limits.version[c] = 2;
        else if (must >> c & 1)
            missing(launch, c);
    }
}

/* Whether a leaf can be made there. */
static int check_place(int i) {
    return sys_faccessat2(rf_limits.leaves[i].parent, "", 2, AT_EMPTY_PATH | AT_EACCESS);
}

static void check_places(void) {
    if (rf_limits.leaf_count == 0) rf_fail(NAME_AT, 0, "no place for it%s", rf_limit_advice);
    for (int i = 0; i < rf_limits.leaf_count; i++) {
        rf_must(RF_STEP(CGROUP), check_place(i),
                "no leaf can be made below our own cgroup (%s) for the policy's limits%s",
                rf_limits.leaves[i].v2 ? "v2" : "v1", rf_limit_advice);
    }
}

void rf_limit_find(struct rf_launch *launch) {
    uint32_t must, all = wanted(launch, &must), in_v2 = 0;
    int n = rf_files_read(launch->proc, "self/cgroup", rf_limits.self, sizeof rf_limits.self);
    if (n < 0) rf_limits.self[0] = '\0'; /* then nothing below finds our position, and says so if it matters */
    /* PROC_CGROUP_INIT_INO: the number of the first namespace never changes. */
    rf_limits.in_namespace = rf_files_link_is(launch->proc, "self/ns/cgroup", "cgroup:[4026531835]") != 1;
    check_names(launch);
    rf_limits.mount_v2 = -1;
    rf_limit_v2_mount();
    find_versions(launch, all, must);
    for (uint32_t c = 1; c < RF_CTL_COUNT; c++)
        if (rf_limits.version[c] == 2) in_v2 |= 1u << c;
    rf_limit_v2_choose(launch, in_v2, in_v2 != 0);
    for (uint32_t c = 1; c < RF_CTL_COUNT; c++) {
        if (rf_limits.version[c] == 2) rf_limits.leaf_of[c] = 0;
        if (rf_limits.version[c] != 1) continue;
        rf_limits.leaf_of[c] = rf_limit_v1_add(c == RF_CTL_IO ? "blkio" : rf_limit_names[c], true);
        rf_limit_v1_check(launch, c);
    }
    if (!rf_limits.has_v2 && rf_limit_v1_has("freezer")) rf_limit_v1_add("freezer", false);
    if (all != 0) check_places();
}

/* Opens and locks the directory just made.  -EAGAIN: take another name.  Between mkdir and lock a sweeper may take it
 * for a stale one: it holds the lock while it removes it, so once we have the lock, the name either still leads to
 * our inode or is gone. */
static int lock_leaf(struct rf_leaf *leaf) {
    struct statx named, held;
    int dir = sys_openat(leaf->parent, leaf->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    if (dir < 0) return dir == -ENOENT ? -EAGAIN : dir;
    int error = sys_flock(dir, LOCK_EX | LOCK_NB); /* -EAGAIN: a sweeper, or someone who wants to be in the way */
    if (error == 0) error = sys_fstatx(dir, &held);
    if (error == 0) error = sys_statx(leaf->parent, leaf->name, AT_SYMLINK_NOFOLLOW, &named);
    if (error == -ENOENT || (error == 0 && named.stx_ino != held.stx_ino)) error = -EAGAIN;
    if (error == 0)
        leaf->dir = dir;
    else
        sys_close(dir);
    return error;
}

static int make_leaf(const struct rf_launch *launch, struct rf_leaf *leaf) {
    struct __kernel_timespec pause = {0, 10000000};
    const struct rf_cgroup *given = launch->view.records[RF_CGROUP]; /* or NULL */
    RF_PRINT(leaf->name, RF_LIMIT_NAMED);
    if (given) rf_params_text(launch, &given->name, leaf->name + sizeof RF_LIMIT_NAMED - 1, RF_SHORT_MAX + 1, NAME_AT);
    for (uint32_t n = 0; n < 32; n++) {
        if (!given) RF_PRINT(leaf->name, "ringfence.%d.%u", sys_getpid(), n);
        int error = sys_mkdirat(leaf->parent, leaf->name, 0755);
        if (error == -EEXIST && given) {
            /* Left by a killed launch, whose last processes may still be dying; or in use. */
            rf_limit_sweep_one(leaf->parent, leaf->name);
            sys_ppoll(NULL, 0, &pause);
        }
        if (error == -EEXIST) continue;
        if (error < 0) return error;
        error = lock_leaf(leaf);
        if (error == 0) return 0;
        if (error == -EAGAIN) continue; /* it is gone or going; and by now the name might be another's */
        sys_unlinkat(leaf->parent, leaf->name, AT_REMOVEDIR);
        return error;
    }
    if (given) rf_fail(NAME_AT, 0, "%s: another launch has this cgroup", leaf->name);
    return -EEXIST;
}

static void make_leaves(const struct rf_launch *launch, bool must) {
    bool in_place = launch->service->supervision == RF_SAME_PROCESS;
    for (int i = 0; i < rf_limits.leaf_count; i++) {
        struct rf_leaf *leaf = &rf_limits.leaves[i];
        int error = make_leaf(launch, leaf);
        if (error == 0 && (!leaf->v2 || in_place)) {
            int fd = sys_openat(leaf->dir, "cgroup.procs", O_WRONLY | O_NOFOLLOW, 0);
            leaf->procs = fd < 0 ? -1 : fd;
            if (fd < 0) error = fd;
        }
        if (error == 0) continue;
        if (must)
            rf_fail(RF_STEP(CGROUP), error, "cannot make a leaf below our own cgroup (%s) for the policy's limits%s",
                    leaf->v2 ? "v2" : "v1", rf_limit_advice);
        /* Nothing was promised for it; the leaf would only have made the killing surer. */
        if (leaf->dir >= 0) rf_limit_remove();
        rf_limits.leaf_count = 0;
        rf_limits.has_v2 = false;
        return;
    }
}

/* First number, and the second behind a space if there is one (cpu.max: quota and period). */
static bool read_limit(const char *text, uint64_t *value, uint64_t *per) {
    *per = 1;
    if (!rf_chars_number(&text, value)) return false; /* "max", "-1" */
    if (*text == ' ' && text[1] >= '0' && text[1] <= '9') {
        text++;
        if (!rf_chars_number(&text, per)) return false;
    }
    return true;
}

/* Files that bound what a cgroup may use, v2 first. */
static const char bounds[] = "memory.max\0memory.swap.max\0pids.max\0cpu.max\0memory.high\0memory.limit_in_bytes\0"
                             "memory.memsw.limit_in_bytes\0";
#define BOUNDS_V2 4u

static bool is_compared(const char *file) {
    const char *bound;
    for (uint32_t b = 0; *(bound = rf_chars_nth(bounds, b)) != '\0'; b++)
        if (rf_chars_equal(bound, file)) return true;
    return false;
}

/* Fails if `text` is a wider limit than that of the cgroup at `dir`; with `strict`, "max" or none (NULL) is wider
 * than any.  The root has no such file. */
static void compare_with(const struct rf_launch *launch, struct rf_where where, int dir, const char *file,
                         const char *text, bool strict) {
    char theirs_text[128], link[64], path[1024];
    uint64_t ours = 0, per = 1, theirs, their_per;
    int n = rf_files_read(dir, file, theirs_text, sizeof theirs_text);
    if (n == -ENOENT) return;
    if (n < 0) rf_fail(where, n, "cannot read %s of an enclosing cgroup", file);
    bool limited = text && read_limit(text, &ours, &per);
    if ((!limited && !strict) || !read_limit(theirs_text, &theirs, &their_per)) return;
    if (limited && (unsigned __int128)ours * their_per <= (unsigned __int128)theirs * per) return;
    RF_PRINT(link, "self/fd/%d", dir);
    n = sys_readlinkat(launch->proc, link, path, sizeof path - 1);
    path[n < 0 ? 0 : n] = '\0';
    rf_fail(where, 0, "%s %s is more than %s%s/%s is %s", file, text ? text : "is not limited by the policy, which",
            strict ? "the cgroup that the launch leaves has: " : "the enclosing cgroup allows: ", path, file,
            theirs_text);
}

/* Compares with the cgroup at `start` and every one above it. */
static void compare_up(const struct rf_launch *launch, struct rf_where where, int start, bool v2, const char *file,
                       const char *text, bool strict) {
    struct statfs fs;
    int dir = sys_openat(start, ".", O_RDONLY | O_DIRECTORY, 0);
    for (;;) {
        if (dir < 0) rf_fail(where, dir, "cannot open an enclosing cgroup");
        rf_must(where, sys_fstatfs(dir, &fs), "cannot look at an enclosing cgroup");
        if ((unsigned long)fs.f_type != (v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC)) break;
        compare_with(launch, where, dir, file, text, strict);
        int up = sys_openat(dir, "..", O_RDONLY | O_DIRECTORY, 0);
        sys_close(dir);
        dir = up;
    }
    sys_close(dir);
}

/* The kernel accepts a limit above that of an ancestor in silence; it would then not be the limit in force. */
static void compare_above(const struct rf_launch *launch, uint32_t i, const struct rf_leaf *leaf) {
    const char *file = rf_view_string(&launch->view, limit_at(launch, i)->file);
    const char *text = rf_view_string(&launch->view, limit_at(launch, i)->text);
    if (is_compared(file)) compare_up(launch, at(i), leaf->parent, leaf->v2, file, text, false);
}

/* A leaf outside of our own cgroup escapes its limits: so the policy must state one at least as strict for each. */
static void compare_left(const struct rf_launch *launch) {
    if (rf_limits.left <= 0) return;
    for (uint32_t b = 0; b < BOUNDS_V2; b++) {
        const char *bound = rf_chars_nth(bounds, b);
        const char *text = NULL;
        struct rf_where where = RF_STEP(CGROUP);
        for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_LIMITS); i++)
            if (limit_at(launch, i)->version == 2 &&
                rf_chars_equal(rf_view_string(&launch->view, limit_at(launch, i)->file), bound)) {
                text = rf_view_string(&launch->view, limit_at(launch, i)->text);
                where = at(i);
            }
        compare_up(launch, where, rf_limits.left, true, bound, text, true);
    }
    sys_close(rf_limits.left);
    rf_limits.left = 0;
}

static bool reads_back(const struct rf_limit *limit, const char *text, const char *got) {
    uint64_t value;
    const char *p = got;
    if (limit->compare == RF_CMP_EXACT) {
        const char *rest = rf_chars_after(got, text);
        return rest && (rf_chars_equal(rest, "\n") || *rest == '\0');
    }
    if (!rf_chars_number(&p, &value)) return limit->value == RF_UNLIMITED && rf_chars_equal(got, "max\n");
    if (!rf_chars_equal(p, "\n")) return false;
    if (limit->value == RF_UNLIMITED) return limit->version == 1 && value >= (UINT64_C(1) << 63) - (1u << 16);
    return value <= limit->value && limit->value - value < (1u << 16); /* pages have up to 64 KiB */
}

/* Swap accounting off and no swap: then no swap can be used, whatever the limit. */
static bool has_no_swap(const struct rf_launch *launch) {
    char swaps[512];
    if (rf_files_read(launch->proc, "swaps", swaps, sizeof swaps) < 0) return false;
    const char *line = rf_chars_find(swaps, '\n');
    return line && line[1] == '\0';
}

static void write_limit(const struct rf_launch *launch, uint32_t i) {
    const struct rf_limit *limit = limit_at(launch, i);
    const char *file = rf_view_string(&launch->view, limit->file);
    const char *text = rf_view_string(&launch->view, limit->text);
    uint32_t version = rf_limits.version[limit->controller];
    char got[256];
    if (version == 0 && limit->version == 2) rf_status_skipped(file); /* optional: the others have failed by now */
    if (version != limit->version) return;
    const struct rf_leaf *leaf = &rf_limits.leaves[rf_limits.leaf_of[limit->controller]];
    compare_above(launch, i, leaf);
    int error = rf_files_write(leaf->dir, file, text);
    if (error == -ENOENT && (limit->flags & RF_LIMIT_OPTIONAL)) {
        rf_status_skipped(file);
        return;
    }
    if (error == -ENOENT && (limit->flags & RF_LIMIT_IF_SWAP) && has_no_swap(launch)) return;
    if (error < 0) rf_fail(at(i), error, "cannot write '%s' to %s (cgroup v%d)", text, file, leaf->v2 ? 2 : 1);
    rf_must(at(i), rf_files_read(leaf->dir, file, got, sizeof got), "cannot read back %s", file);
    if (!reads_back(limit, text, got)) rf_fail(at(i), 0, "%s: wrote '%s', the kernel made it '%s'", file, text, got);
}

void rf_limit_apply(struct rf_launch *launch) {
    uint32_t must, all = wanted(launch, &must);
    char device[32];
    rf_limit_find(launch);
    compare_left(launch);
    rf_limit_v2_prepare();
    make_leaves(launch, all != 0);
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_LIMITS); i++) write_limit(launch, i);
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_IO); i++) {
        rf_limit_io_device(launch, i, device, sizeof device);
        if (rf_limits.version[RF_CTL_IO] == 1)
            rf_limit_v1_io(launch, i, device);
        else
            rf_limit_v2_io(launch, i, device);
    }
}

void rf_limit_rehearse(struct rf_launch *launch) {
    rf_limit_find(launch);
    if (rf_limits.has_v2 && check_place(0) < 0) rf_limits.has_v2 = false; /* as where it cannot be made */
    rf_limits.leaf_count = 0;
}

bool rf_limit_has_v2(void) {
    return rf_limits.has_v2;
}

bool rf_limit_is_tight(const struct rf_launch *launch) {
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_LIMITS); i++) {
        const struct rf_limit *limit = limit_at(launch, i);
        if (limit->controller == RF_CTL_MEMORY && limit->compare == RF_CMP_PAGES && limit->value < 64u << 20)
            return true;
    }
    return false;
}

int rf_limit_v2_leaf(void) {
    return rf_limits.has_v2 ? rf_limits.leaves[0].dir : -1;
}

void rf_limit_enter(struct rf_launch *launch) {
    (void)launch;
    for (int i = 0; i < rf_limits.leaf_count; i++) {
        struct rf_leaf *leaf = &rf_limits.leaves[i];
        if (leaf->procs < 0) continue;
        int n = sys_write(leaf->procs, "0", 1);
        if (n != 1) rf_fail(RF_STEP(CGROUP), n < 0 ? n : -EIO, "cannot enter the leaf %s", leaf->name);
    }
}

const char *rf_limit_path(const struct rf_launch *launch) {
    char link[64];
    if (rf_limits.leaf_count == 0) return NULL;
    RF_PRINT(link, "self/fd/%d", rf_limits.leaves[0].dir);
    int n = sys_readlinkat(launch->proc, link, rf_limits.path, sizeof rf_limits.path - 1);
    if (n < 0) return NULL;
    rf_limits.path[n] = '\0';
    return rf_limits.path;
}
