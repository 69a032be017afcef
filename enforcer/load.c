/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"
#include "fail.h"
#include "line.h"
#include <linux/prctl.h>

/* Zero pages until read into: an 8 KiB blob touches three of them.  One byte more than a blob may have,
 * so that a longer file is seen to be longer. */
_Alignas(8) uint8_t rf_load_bytes[RF_LOAD_ROOM + RF_LOAD_ROOM_BYTES];

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#ifndef PR_GET_MDWE
#define PR_GET_MDWE 66
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

/* Whoever can write this file can say how the payload is fenced in. */
static void check_owner(const struct rf_launch *launch, int fd, const char *name) {
    struct statx st;
    rf_must(RF_STEP(LOAD), sys_fstatx(fd, &st), "%s", name);
    if ((st.stx_mode & S_IFMT) != S_IFREG) rf_fail(RF_STEP(LOAD), 0, "%s: not a regular file", name);
    if (st.stx_uid != 0 && st.stx_uid != launch->euid)
        rf_fail(RF_STEP(LOAD), 0, "%s: belongs to uid %u; a policy must belong to root or to the user who starts it",
                name, st.stx_uid);
    if (st.stx_mode & 022) rf_fail(RF_STEP(LOAD), 0, "%s: its group or others may write it: chmod go-w", name);
}

static int open_policy(const struct rf_launch *launch) {
    const char *name = launch->options->policy;
    int fd = launch->options->policy_fd;
    if (fd >= 0) {
        int seals = rf_must(RF_STEP(LOAD), sys_fcntl(fd, F_GET_SEALS, 0), "--policy-fd: not a memfd");
        if ((seals & SEALS) != SEALS)
            rf_fail(RF_STEP(LOAD), 0,
                    "--policy-fd: must be sealed with F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW and F_SEAL_WRITE");
        return fd;
    }
    /* Ordinary symlinks are followed: ConfigMaps and Nix use them.  O_NONBLOCK: a FIFO must not hang us. */
    int opened =
        rf_must(RF_STEP(LOAD), sys_openat2(AT_FDCWD, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, RESOLVE_NO_MAGICLINKS),
                "cannot open %s", name);
    check_owner(launch, opened, name);
    return opened;
}

static void read_policy(struct rf_launch *launch) {
    size_t length = 0;
    int fd = open_policy(launch);
    while (length < RF_LOAD_ROOM) {
        int n = sys_pread(fd, rf_load_bytes + length, RF_LOAD_ROOM - length, length);
        if (n == -EINTR) continue;
        if (n < 0) rf_fail(RF_STEP(LOAD), n, "cannot read %s", launch->options->policy);
        if (n == 0) break;
        length += (size_t)n;
    }
    sys_close(fd);
    enum rf_blob_error error = rf_view_open(&launch->view, rf_load_bytes, length);
    if (error) rf_fail(RF_STEP(LOAD), 0, "%s: refused: %s", launch->options->policy, rf_blob_error_text(error));
}

const struct rf_insn *rf_load_filter(const struct rf_launch *launch, uint32_t *count) {
#if defined(__x86_64__)
    const enum rf_section_type mine = RF_FILTER_X86_64;
#elif defined(__aarch64__)
    const enum rf_section_type mine = RF_FILTER_AARCH64;
#else
    const enum rf_section_type mine = RF_FILTER_RISCV64;
#endif
    *count = rf_view_count(&launch->view, mine);
    return launch->view.records[mine];
}

bool rf_load_mapped(const struct rf_launch *launch, uint32_t kind, uint32_t id) {
    const struct rf_view *v = &launch->view;
    if (!rf_launch_new(launch, CLONE_NEWUSER)) return true;
    if (launch->ns->flags & RF_NS_MAP_SELF) return id == (kind ? launch->process->gid : launch->process->uid);
    for (uint32_t i = 0; i < rf_view_count(v, RF_ID_MAPS); i++) {
        const struct rf_id_map *m = RF_RECORD(v, ID_MAPS, struct rf_id_map, i);
        if (m->kind == kind && id >= m->inside && id - m->inside < m->size) return true;
    }
    return false;
}

static void check_identity(const struct rf_launch *launch) {
    const struct rf_view *v = &launch->view;
    const struct rf_process *p = launch->process;
    if (!rf_load_mapped(launch, 0, p->uid))
        rf_fail(RF_FIELD(LOAD, PROCESS, struct rf_process, uid), 0, "process.uid %u has no mapping in namespaces.user",
                p->uid);
    if (!rf_load_mapped(launch, 1, p->gid))
        rf_fail(RF_FIELD(LOAD, PROCESS, struct rf_process, gid), 0, "process.gid %u has no mapping in namespaces.user",
                p->gid);
    for (uint32_t i = 0; i < rf_view_count(v, RF_MOUNTS); i++) {
        const struct rf_mount *m = RF_RECORD(v, MOUNTS, struct rf_mount, i);
        bool owned = m->kind == RF_MOUNT_TMPFS || m->kind == RF_MOUNT_CONTENT;
        if ((owned && !rf_load_mapped(launch, 0, m->uid)) ||
            ((owned || m->kind == RF_MOUNT_DEVPTS) && !rf_load_mapped(launch, 1, m->gid)))
            rf_fail(RF_AT(LOAD, MOUNTS, i), 0, "%s: its uid or gid has no mapping in namespaces.user",
                    rf_view_string(v, m->target));
    }
    for (uint32_t i = 0; i < rf_view_count(v, RF_GROUPS); i++) {
        uint32_t gid = RF_RECORD(v, GROUPS, struct rf_group, i)->gid;
        if (!rf_load_mapped(launch, 1, gid))
            rf_fail(RF_AT(LOAD, GROUPS, i), 0, "process.groups: %u has no mapping in namespaces.user", gid);
        if (!launch->maps && rf_launch_new(launch, CLONE_NEWUSER))
            rf_fail(RF_AT(LOAD, GROUPS, i), 0,
                    "process.groups: an ordinary user cannot set supplementary groups; the list must be empty");
    }
}

static void need_linux(bool has, const char *release, const char *for_what) {
    if (!has) rf_fail(RF_STEP(LOAD), -ENOSYS, "%s: it needs Linux %s or later", for_what, release);
}

/* What the blob says it needs of the kernel, asked with a descriptor that is none: only an unknown call is ENOSYS. */
static void check_kernel(const struct rf_launch *launch) {
    const struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
    const uint64_t required = launch->view.header->required;
    if (required & RF_REQUIRE_MOUNT_SETATTR)
        need_linux(sys_mount_setattr(-1, 0, &attr) != -ENOSYS, "5.12",
                   "the policy has mounts, recursive or with mapped owners");
    if (required & RF_REQUIRE_MDWE)
        need_linux(sys_prctl(PR_GET_MDWE, 0, 0) >= 0, "6.3", "process.memory_deny_write_execute");
}

/* What the format can say but no launch can mean. */
static void check_sense(const struct rf_launch *launch) {
    const struct rf_view *v = &launch->view;
    uint32_t joined = 0, count;
    for (uint32_t i = 0; i < rf_view_count(v, RF_JOINS); i++) joined |= RF_RECORD(v, JOINS, struct rf_join, i)->kind;
    /* New namespaces would belong to the namespace we leave, so that nothing could be set up in them. */
    if ((joined & CLONE_NEWUSER) && launch->ns->create)
        rf_fail(RF_STEP(LOAD), 0, "a policy that joins a user namespace cannot make other namespaces new");
    if (rf_launch_new(launch, CLONE_NEWUSER) && rf_launch_new(launch, CLONE_NEWTIME) &&
        launch->process->init != RF_INIT_REAPER)
        rf_fail(RF_STEP(LOAD), 0, "a new time namespace inside a new user namespace needs process.init: reaper");
    if (!(launch->confine->flags & RF_CONFINE_NO_FILTER) && (rf_load_filter(launch, &count), count == 0))
        rf_fail(RF_STEP(LOAD), 0, "%s: holds no seccomp filter for this machine; add it to the policy's `arch`",
                launch->options->policy);
    if (rf_view_count(v, RF_ARGS) > 0 && launch->options->program[0])
        rf_fail(RF_AT(LOAD, ARGS, 0), 0, "the policy names its program itself (process.args): name none");
    if (rf_view_count(v, RF_ARGS) == 0 && !launch->options->program[0] && !launch->options->check &&
        !launch->options->plan)
        rf_fail(RF_STEP(LOAD), 0, "no program: the policy has no process.args, so name one behind the policy");
}

static const struct rf_service no_service;

void rf_load_policy(struct rf_launch *launch) {
    read_policy(launch);
    launch->ns = RF_RECORD(&launch->view, NAMESPACES, struct rf_namespaces, 0);
    launch->root = RF_RECORD(&launch->view, ROOT, struct rf_root, 0);
    launch->process = RF_RECORD(&launch->view, PROCESS, struct rf_process, 0);
    launch->confine = RF_RECORD(&launch->view, CONFINE, struct rf_confine, 0);
    launch->service = rf_view_count(&launch->view, RF_SERVICE) ? RF_RECORD(&launch->view, SERVICE, struct rf_service, 0)
                                                               : &no_service;
    check_kernel(launch);
    check_sense(launch);
    check_identity(launch);
}
