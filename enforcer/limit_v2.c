/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup v2: where the leaf may go, and what has to be enabled on the way there. */
#include "chars.h"
#include "files.h"
#include "limit_parts.h"
#include "line.h"
#include <linux/magic.h>

#define ASIDE "ringfence.supervisor"

static uint32_t needed;   /* bit n: controller n has to be enabled for the leaf */
static const char *below; /* --cgroup-parent, relative to the mount, or NULL */
static bool must_move;    /* our own cgroup is delegated, and only we are in it */
static bool moved;
static uint32_t enabled_here; /* controllers that we enabled in our own cgroup */

static int parent(void) {
    return rf_limits.leaves[0].parent;
}

void rf_limit_v2_mount(void) {
    static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int fd = sys_openat(AT_FDCWD, places[i], O_PATH | O_DIRECTORY, 0);
        if (fd < 0) continue;
        if (rf_files_on(fd, CGROUP2_SUPER_MAGIC)) {
            rf_limits.mount_v2 = fd;
            rf_limits.mount_v2_path = places[i];
            return;
        }
        sys_close(fd);
    }
}

/* Whether a list of words separated by spaces holds this one. */
static bool has_word(const char *list, const char *word) {
    for (const char *p = list; p; p = rf_chars_next(p, ' ')) {
        const char *rest = rf_chars_after(p, word);
        if (rest && (*rest == ' ' || *rest == '\n' || *rest == '\0')) return true;
    }
    return false;
}

/* Which of the needed controllers are not named in a file of directory `dir`. */
static uint32_t lacking(int dir, const char *file) {
    char list[512];
    uint32_t result = 0;
    if (needed == 0) return 0;
    if (rf_files_read(dir, file, list, sizeof list) < 0) list[0] = '\0';
    for (uint32_t c = 1; c < RF_CTL_COUNT; c++)
        if ((needed >> c & 1) && !has_word(list, rf_limit_names[c])) result |= 1u << c;
    return result;
}

bool rf_limit_v2_has(const char *controller) {
    char list[512];
    if (rf_limits.mount_v2 < 0) return false;
    return rf_files_read(rf_limits.mount_v2, "cgroup.controllers", list, sizeof list) > 0 && has_word(list, controller);
}

static void take(int dir) {
    rf_limits.leaves[0] = (struct rf_leaf){.parent = dir, .dir = -1, .procs = -1, .v2 = true, .name = ""};
    rf_limits.leaf_count = 1;
    rf_limits.has_v2 = true;
}

/* Only the root of the whole hierarchy has no type; it alone may hold processes and enable controllers. */
static bool is_real_root(int dir) {
    return sys_faccessat(dir, "cgroup.type", 0) == -ENOENT;
}

/* systemd marks what it delegates; and a directory that belongs to an ordinary user is that user's. */
static bool is_delegated(const struct rf_launch *launch, int dir) {
    struct statx st;
    char value[2];
    if (sys_fgetxattr(dir, "trusted.delegate", value, sizeof value) == 1 && value[0] == '1') return true;
    if (sys_fgetxattr(dir, "user.delegate", value, sizeof value) == 1 && value[0] == '1') return true;
    return launch->euid != 0 && sys_fstatx(dir, &st) == 0 && st.stx_uid == launch->euid;
}

/* A process other than us in this cgroup, or 0. */
static uint64_t find_other(int dir) {
    char list[RF_PAGE];
    int n = rf_files_read(dir, "cgroup.procs", list, sizeof list);
    if (n < 0 && n != -EFBIG) return UINT64_MAX;
    for (const char *p = list; *p;) {
        uint64_t pid;
        if (!rf_chars_number(&p, &pid)) break;
        if (pid != (uint64_t)sys_getpid()) return pid;
        if (*p == '\n') p++;
    }
    return 0;
}

static void choose_named(struct rf_launch *launch, const char *name) {
    const char *rest = rf_chars_after(name, rf_limits.mount_v2_path);
    if (rest && (*rest == '/' || *rest == '\0'))
        below = rest;
    else if (*name == '/')
        rf_fail(RF_STEP(CGROUP), 0, "--cgroup-parent %s: not below %s", name, rf_limits.mount_v2_path);
    else
        below = name;
    int dir = rf_must(RF_STEP(CGROUP), rf_limit_open_below(rf_limits.mount_v2, below), "--cgroup-parent %s", name);
    (void)launch;
    take(dir);
}

_Noreturn static void refuse_place(const char *path, uint64_t other) {
    if (other)
        rf_fail(
            RF_STEP(CGROUP), 0,
            "our own cgroup %s%s also holds process %lu, so the controllers cannot be enabled in it; start alone in "
            "a cgroup%s",
            rf_limits.mount_v2_path, path, other, rf_limit_advice);
    rf_fail(RF_STEP(CGROUP), 0,
            "no place for the limits: our own cgroup %s%s is not delegated with the controllers they need; name a "
            "place with --cgroup-parent%s",
            rf_limits.mount_v2_path, path, rf_limit_advice);
}

void rf_limit_v2_choose(struct rf_launch *launch, uint32_t controllers, bool must) {
    char path[RF_PAGE];
    uint32_t id;
    needed = controllers;
    if (launch->options->cgroup_parent && rf_limits.mount_v2 < 0)
        rf_fail(RF_STEP(CGROUP), 0, "--cgroup-parent: this machine has no cgroup v2 mount");
    if (rf_limits.mount_v2 < 0) return;
    if (launch->options->cgroup_parent) {
        choose_named(launch, launch->options->cgroup_parent);
        return;
    }
    uint64_t other = 0;
    rf_limits.left = 0;
    int own = rf_limit_own("", path, sizeof path, &id) ? rf_limit_open_below(rf_limits.mount_v2, path) : -ENOENT;
    if (own >= 0 && !rf_limit_holds_us(own)) {
        sys_close(own);
        if (must) rf_fail(RF_STEP(CGROUP), 0, "%s%s%s", rf_limits.mount_v2_path, path, rf_limit_elsewhere);
        return;
    }
    if (own >= 0) {
        int dir = own;
        bool ready = lacking(dir, "cgroup.subtree_control") == 0 || is_real_root(dir);
        if (!ready && lacking(dir, "cgroup.controllers") == 0 &&
            (is_delegated(launch, dir) || (launch->euid == 0 && !is_real_root(rf_limits.mount_v2)))) {
            other = find_other(dir);
            ready = must_move = other == 0;
        }
        if (ready) {
            take(own);
            return;
        }
        rf_limits.left = dir;
    }
    /* Root in a cgroup that it shares (a login's, an undelegated unit's) may use the root of the hierarchy, as long
     * as the policy is no wider than what it leaves: rf_limit_apply() compares with that too. */
    if (launch->euid == 0 && own >= 0 && is_real_root(rf_limits.mount_v2)) {
        int dir = rf_limit_open_below(rf_limits.mount_v2, "/");
        if (dir >= 0) {
            take(dir);
            return;
        }
    }
    if (must) refuse_place(path, other);
}

/* Enables in `dir` what is missing there. */
static void enable_in(int dir, const char *name) {
    uint32_t off = lacking(dir, "cgroup.subtree_control");
    uint32_t absent = off & lacking(dir, "cgroup.controllers");
    for (uint32_t c = 1; c < RF_CTL_COUNT; c++) {
        char text[16];
        if (!(off >> c & 1)) continue;
        if (absent >> c & 1)
            rf_fail(RF_STEP(CGROUP), 0,
                    "controller '%s' is not in cgroup.controllers of %s; enable it in cgroup.subtree_control of its "
                    "parent, or Delegate= it to the unit",
                    rf_limit_names[c], name);
        RF_PRINT(text, "+%s", rf_limit_names[c]);
        int error = rf_files_write(dir, "cgroup.subtree_control", text);
        if (error < 0)
            rf_fail(RF_STEP(CGROUP), error, "cannot write '%s' to cgroup.subtree_control of %s%s", text, name,
                    error == -EBUSY ? ", which holds processes itself" : "");
        if (moved) enabled_here |= 1u << c;
    }
}

static void move_aside(void) {
    int error = sys_mkdirat(parent(), ASIDE, 0755);
    if (error == 0 || error == -EEXIST) {
        error = rf_files_write(parent(), ASIDE "/cgroup.procs", "0");
        if (error < 0) sys_unlinkat(parent(), ASIDE, AT_REMOVEDIR);
    }
    if (error < 0) rf_fail(RF_STEP(CGROUP), error, "cannot move ourselves to " ASIDE " in our delegated cgroup");
    moved = true;
}

void rf_limit_v2_prepare(void) {
    static char path[RF_PAGE];
    struct rf_line line = RF_LINE(path);
    if (!rf_limits.has_v2 || needed == 0) return;
    if (must_move) move_aside();
    if (!below) {
        enable_in(parent(), "our own cgroup, or the root cgroup");
        return;
    }
    /* A controller reaches a cgroup only through every one above it. */
    for (const char *p = below;;) {
        int dir = rf_must(RF_STEP(CGROUP), rf_limit_open_below(rf_limits.mount_v2, path), "--cgroup-parent: %s", path);
        enable_in(dir, line.used ? path : "the root cgroup");
        sys_close(dir);
        while (*p == '/') p++;
        if (*p == '\0') break;
        const char *end = rf_chars_find(p, '/');
        rf_line_text(&line, line.used ? "/" : "");
        rf_line_bytes(&line, p, end ? (size_t)(end - p) : rf_chars_length(p));
        p += end ? (size_t)(end - p) : rf_chars_length(p);
    }
}

void rf_limit_v2_restore(void) {
    if (!moved) return;
    moved = false;
    for (uint32_t c = 1; c < RF_CTL_COUNT; c++) {
        char text[16];
        if (!(enabled_here >> c & 1)) continue;
        RF_PRINT(text, "-%s", rf_limit_names[c]);
        rf_files_write(parent(), "cgroup.subtree_control", text);
    }
    /* If another launch keeps a controller on, we stay aside; the delegated cgroup's owner removes it all. */
    if (rf_files_write(parent(), "cgroup.procs", "0") == 0) sys_unlinkat(parent(), ASIDE, AT_REMOVEDIR);
}

void rf_limit_leave(void) {
    if (moved && rf_files_write(rf_limits.leaves[0].dir, "cgroup.procs", "0") == 0)
        sys_unlinkat(parent(), ASIDE, AT_REMOVEDIR);
}

static void put_value(struct rf_line *line, const char *key, uint64_t value) {
    rf_line_text(line, key);
    if (value == RF_UNLIMITED)
        rf_line_text(line, "max");
    else
        rf_line_format(line, "%lu", value);
}

void rf_limit_v2_io(struct rf_launch *launch, uint32_t i, const char *device) {
    const struct rf_io *io = RF_RECORD(&launch->view, IO, struct rf_io, i);
    const struct rf_leaf *leaf = &rf_limits.leaves[0];
    char text[160];
    struct rf_line line = RF_LINE(text);
    rf_line_text(&line, device);
    put_value(&line, " rbps=", io->rbps);
    put_value(&line, " wbps=", io->wbps);
    put_value(&line, " riops=", io->riops);
    put_value(&line, " wiops=", io->wiops);
    rf_limit_io_write(i, leaf, "io.max", text, device);
    if (io->rbps == RF_UNLIMITED && io->wbps == RF_UNLIMITED && io->riops == RF_UNLIMITED && io->wiops == RF_UNLIMITED)
        return; /* the kernel lists no line for it */
    rf_limit_io_read_back(i, leaf, "io.max", text);
}
