/* SPDX-License-Identifier: Apache-2.0 */
/* Id maps of a new user namespace, and the ids that the furnishing is done with. */
#include "enter.h"
#include "files.h"
#include "line.h"
#include "load.h"
#include <linux/prctl.h>

/* The kernel takes a map in one write of less than a page. */
static char text[RF_PAGE - 1];

static void put_map(struct rf_line *line, uint32_t inside, uint32_t outside, uint32_t size) {
    rf_line_format(line, "%u %u %u\n", inside, outside, size);
}

static void write_map(int dir, const char *file, const char *map) {
    int error = rf_files_write(dir, file, map);
    if (error < 0)
        rf_fail(RF_STEP(USER), error, "cannot write the id map '%s'%s", map,
                error == -EPERM ? "; mapping ids of others takes CAP_SETUID and CAP_SETGID, mapping id 0 CAP_SETFCAP"
                                : "");
}

static bool is_self(const struct rf_launch *launch) {
    return (launch->ns->flags & RF_NS_MAP_SELF) != 0;
}

static const char *map_text(const struct rf_launch *launch, uint32_t kind) {
    struct rf_line line = RF_LINE(text);
    const struct rf_view *v = &launch->view;
    if (is_self(launch))
        put_map(&line, kind ? launch->process->gid : launch->process->uid, kind ? launch->egid : launch->euid, 1);
    for (uint32_t i = 0; i < rf_view_count(v, RF_ID_MAPS); i++) {
        const struct rf_id_map *m = RF_RECORD(v, ID_MAPS, struct rf_id_map, i);
        if (m->kind == kind) put_map(&line, m->inside, m->outside, m->size);
    }
    if (rf_line_full(&line)) rf_fail(RF_STEP(USER), 0, "the id map is longer than the kernel takes");
    return text;
}

/* procfs of another pid namespace would give us someone else's directory under our child's number. */
static void check_proc(const struct rf_launch *launch) {
    char self[16];
    const char *p = self;
    uint64_t pid;
    int n = sys_readlinkat(launch->proc, "self", self, sizeof self - 1);
    self[n < 0 ? 0 : n] = '\0';
    if (!rf_chars_number(&p, &pid) || *p != '\0' || pid != (uint64_t)sys_getpid())
        rf_fail(RF_STEP(USER), 0, "/proc is that of another pid namespace");
}

/* From here, since it takes rights over the file system; the copies that the child has are the same mounts. */
static void map_owners(struct rf_launch *launch, int dir) {
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
    for (uint32_t i = 0; i < rf_view_count(&launch->view, RF_MOUNTS); i++) {
        const struct rf_mount *m = RF_RECORD(&launch->view, MOUNTS, struct rf_mount, i);
        if (!(m->flags & RF_MOUNT_ID_MAP)) continue;
        int ns = sys_openat(dir, "ns/user", O_RDONLY, 0), error = ns;
        attr.userns_fd = (unsigned)ns;
        if (ns >= 0)
            error =
                sys_mount_setattr(launch->objects.mounts[i], m->flags & RF_MOUNT_RECURSIVE ? AT_RECURSIVE : 0, &attr);
        rf_must(RF_AT(MOUNTS, MOUNTS, i), error, "%s: cannot map its owners%s",
                rf_view_string(&launch->view, m->target),
                error == -EINVAL ? "; its file system, or this kernel's, does not let them be" : "");
        sys_close(ns);
    }
}

/* Our child is not waited for, so that its number is its own. */
static void write_from_outside(struct rf_launch *launch) {
    check_proc(launch);
    char name[16];
    RF_PRINT(name, "%d", launch->child);
    int dir = rf_must(RF_STEP(USER), sys_openat(launch->proc, name, O_PATH | O_DIRECTORY, 0),
                      "cannot open /proc of the first process");
    write_map(dir, "uid_map", map_text(launch, 0));
    write_map(dir, "gid_map", map_text(launch, 1));
    map_owners(launch, dir);
    sys_close(dir);
}

void rf_enter_write_maps(struct rf_launch *launch) {
    if (rf_launch_new(launch, CLONE_NEWUSER) && launch->maps) {
        write_from_outside(launch);
        int n = sys_write(launch->go[1], "m", 1);
        if (n != 1 && n != -EPIPE) rf_fail(RF_STEP(USER), n, "cannot tell the first process to go on");
    }
}

/* The kernel lets an ordinary user map one id, its own. */
static void check_single(const struct rf_launch *launch, uint32_t kind) {
    uint32_t own = kind ? launch->egid : launch->euid, count = 0;
    const struct rf_view *v = &launch->view;
    for (uint32_t i = 0; i < rf_view_count(v, RF_ID_MAPS); i++) {
        const struct rf_id_map *m = RF_RECORD(v, ID_MAPS, struct rf_id_map, i);
        if (m->kind != kind) continue;
        if (++count > 1 || m->size != 1 || m->outside != own)
            rf_fail(RF_AT(USER, ID_MAPS, i), -EPERM,
                    "an ordinary user can map only the own %s%u to one id inside; start as root for wider maps",
                    kind ? "gid " : "uid ", own);
    }
}

static void write_own(struct rf_launch *launch) {
    static const char *const files[] = {"self/uid_map", "self/gid_map"};
    /* Denied first: else a group could be dropped that forbids something (CVE-2014-8989); the kernel insists. */
    rf_must(RF_STEP(USER), rf_enter_write_self(launch, "self/setgroups", "deny"), "cannot deny setgroups");
    for (uint32_t kind = 0; kind < 2; kind++) {
        if (!is_self(launch)) check_single(launch, kind);
        rf_must(RF_STEP(USER), rf_enter_write_self(launch, files[kind], map_text(launch, kind)),
                "cannot write the id map '%s'", text);
    }
}

/* Files on our own file systems need an owner that has a mapping: root inside if there is one, else the payload. */
static void take_ids(const struct rf_launch *launch) {
    uint32_t gid = rf_load_mapped(launch, 1, 0) ? 0 : launch->process->gid;
    uint32_t uid = rf_load_mapped(launch, 0, 0) ? 0 : launch->process->uid;
    int error = sys_setresgid(gid);
    if (error == 0) error = sys_setresuid(uid);
    if (error == 0) error = sys_prctl(PR_SET_DUMPABLE, 0, 0);
    rf_must(RF_STEP(USER), error, "cannot take an id of the new user namespace");
    rf_enter_die_with_parent(launch);
}

void rf_enter_user(struct rf_launch *launch) {
    char byte;
    if (!rf_launch_new(launch, CLONE_NEWUSER)) return;
    if (launch->maps) {
        int n;
        do n = sys_read(launch->go[0], &byte, 1);
        while (n == -EINTR);
        if (n != 1) sys_exit(RF_STEP_FAILED); /* the supervisor is gone, or has failed and says so itself */
    } else {
        write_own(launch);
    }
    take_ids(launch);
}
