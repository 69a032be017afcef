/* SPDX-License-Identifier: Apache-2.0 */
/* The file tree: mount targets, and what a host mount namespace excludes. */
#include "check.h"
#include "merge.h"

#include <string.h>

static bool below(const char *path, const char *directory) {
    size_t n = strlen(directory);
    return strncmp(path, directory, n) == 0 && (path[n] == 0 || path[n] == '/');
}

/* /sys has a place for the cgroup tree, for nothing else. */
static bool is_place_of_cgroups(const struct policy *p, const struct item *mount) {
    return RF_FIELD(mount, mount, cgroup).set && p->root_sys.num == 1 &&
           strcmp(RF_FIELD(mount, mount, target).text, "/sys/fs/cgroup") == 0;
}

static void check_target(struct compile_context *c, const struct policy *p, const struct item *mount) {
    const char *target = RF_FIELD(mount, mount, target).text;
    bool taken =
        strcmp(target, "/") == 0 || strcmp(target, "/dev") == 0 || below(target, "/proc") || below(target, "/sys");
    if (!taken || is_place_of_cgroups(p, mount)) return;
    struct diag *d =
        rf_diag(c->diags, D_BAD_TARGET, RF_FIELD(mount, mount, target).at, "nothing can be mounted on '%s'", target);
    rf_diag_help(c->diags, d, "%s",
                 strcmp(target, "/") == 0 ? "root.path is what is mounted there"
                 : below(target, "/dev")  ? "/dev is made fresh: name nodes under devices, or mount below /dev"
                 : RF_FIELD(mount, mount, cgroup).set
                     ? "a cgroup tree can be at /sys/fs/cgroup, with root: {sys: read_only}"
                     : "see root.proc, root.sys, root.mask and root.read_only");
}

enum { BIND, TMPFS, CONTENT, DEVPTS, MQUEUE, CGROUP, KINDS };
static const enum field_id kinds[KINDS] = {FIELD_mount_bind,   FIELD_mount_tmpfs,  FIELD_mount_content,
                                           FIELD_mount_devpts, FIELD_mount_mqueue, FIELD_mount_cgroup};
/* The other fields, and the kinds for which they mean something.  A tmpfs starts empty: read-only it would be of no use. */
static const struct {
    enum field_id field;
    unsigned kinds;
} mount_fields[] = {
    {FIELD_mount_writable, 1 << BIND},
    {FIELD_mount_recursive, 1 << BIND},
    {FIELD_mount_noexec, 1 << BIND | 1 << TMPFS},
    {FIELD_mount_id_map, 1 << BIND},
    {FIELD_mount_size, 1 << TMPFS},
    {FIELD_mount_inodes, 1 << TMPFS},
    {FIELD_mount_mode, 1 << TMPFS | 1 << CONTENT},
    {FIELD_mount_uid, 1 << TMPFS | 1 << CONTENT},
    {FIELD_mount_gid, 1 << TMPFS | 1 << CONTENT | 1 << DEVPTS},
};

static void needs_new(struct compile_context *c, struct span at, const struct value *namespace, const char *message,
                      const char *help) {
    struct diag *d = rf_diag(c->diags, D_CONTRADICTION, at, "%s", message);
    if (namespace->set && !namespace->origin->is_preset) rf_diag_other(c->diags, d, namespace->at, "because of this");
    rf_diag_help(c->diags, d, "%s", help);
}

static void check_namespaces_of(struct compile_context *c, const struct policy *p, const struct item *mount) {
    if (RF_FIELD(mount, mount, mqueue).set && p->namespaces_ipc.num != NS_NEW)
        needs_new(c, mount->at, &p->namespaces_ipc, "message queues without a new ipc namespace",
                  "they would be somebody else's: write namespaces: {ipc: new}");
    if (RF_FIELD(mount, mount, cgroup).set && p->namespaces_cgroup.num != NS_NEW)
        needs_new(c, mount->at, &p->namespaces_cgroup, "a cgroup tree without a new cgroup namespace",
                  "it would show the groups of others: write namespaces: {cgroup: new}");
    if (RF_FIELD(mount, mount, id_map).num && p->namespaces_user.num != NS_CUSTOM)
        needs_new(c, RF_FIELD(mount, mount, id_map).at, &p->namespaces_user, "id_map without id maps",
                  "write namespaces: {user: {uid_map: [...], gid_map: [...]}}");
}

static void check_mount(struct compile_context *c, const struct policy *p, const struct item *mount) {
    size_t kind = KINDS, count = 0;
    check_target(c, p, mount);
    for (size_t k = 0; k < KINDS; k++)
        if (mount->fields[kinds[k]].set) kind = k, count++;
    if (count != 1) {
        rf_diag(c->diags, count ? D_BAD_ENTRY : D_MISSING_FIELD, mount->at,
                "a mount has exactly one of 'bind', 'tmpfs', 'content', 'devpts', 'mqueue' and 'cgroup'");
        return;
    }
    const struct value *own = &mount->fields[kinds[kind]];
    const char *name = rf_fields[kinds[kind]].path;
    for (size_t i = 0; i < sizeof mount_fields / sizeof *mount_fields; i++) {
        const struct value *field = &mount->fields[mount_fields[i].field];
        if (field->set && !(mount_fields[i].kinds >> kind & 1))
            rf_diag(c->diags, D_BAD_ENTRY, field->at, "'%s' means nothing for a %s",
                    rf_fields[mount_fields[i].field].path, name);
    }
    if (rf_fields[kinds[kind]].type == T_BOOL && !own->num)
        rf_diag(c->diags, D_BAD_ENTRY, own->at, "'%s' is only ever true", name);
    if (kind == TMPFS && !RF_FIELD(mount, mount, size).set) {
        struct diag *d = rf_diag(c->diags, D_MISSING_FIELD, mount->at, "a tmpfs needs a size");
        rf_diag_help(c->diags, d, "without one it may fill half of the host's memory: write size: 64MiB");
    }
    if (kind == CONTENT && RF_FIELD(mount, mount, mode).num > 0777)
        rf_diag(c->diags, D_BAD_OCTAL, RF_FIELD(mount, mount, mode).at, "the mode of a content is at most 0777");
    check_namespaces_of(c, p, mount);
}

/* The pseudo-terminal is in a devpts of its own; over it another would hide the terminal's name. */
static void check_pty_mount(struct compile_context *c, const struct policy *p, const struct item *mount) {
    const struct value *target = &RF_FIELD(mount, mount, target);
    if (p->process_terminal.num != 1 || !below(target->text, "/dev/pts")) return;
    struct diag *d =
        rf_diag(c->diags, D_CONTRADICTION, target->at, "a mount on '%s' beside a pseudo-terminal", target->text);
    rf_diag_other(c->diags, d, p->process_terminal.at, "because of this");
    rf_diag_help(c->diags, d, "process.terminal: pty mounts /dev/pts itself, with nothing but the program's own in it");
}

/* Masks come last: what is mounted at one or below it is never seen. */
static void check_hidden(struct compile_context *c, const struct policy *p, const struct item *mount) {
    const struct value *target = &RF_FIELD(mount, mount, target);
    for (size_t i = 0; target->text && i < p->root_mask.count; i++) {
        const struct item *mask = &p->root_mask.items[i];
        if (mask->gone || !mask->name[1] || !below(target->text, mask->name)) continue;
        struct diag *d = rf_diag(c->diags, D_CONTRADICTION, target->at, "the mask '%s' hides the mount on '%s'",
                                 mask->name, target->text);
        if (!p->root_mask.origin || !p->root_mask.origin->is_preset)
            rf_diag_other(c->diags, d, mask->at, "because of this");
        rf_diag_help(c->diags, d, "write another target, or take the path out of root.mask");
    }
}

static void check_whole_root(struct compile_context *c, const struct value *set, const char *path) {
    for (size_t i = 0; i < set->count; i++)
        if (!set->items[i].gone && strcmp(set->items[i].name, "/") == 0)
            rf_diag(c->diags, D_BAD_TARGET, set->items[i].at, "'/' cannot stand in %s", path);
}

/* With the host's or a joined mount namespace nothing can be mounted: whatever asks for it is refused. */
static void check_kept_root(struct compile_context *c, const struct file *file) {
    const struct policy *p = &file->merged;
    bool slash = p->root_path.set && !p->root_path.parameter && strcmp(p->root_path.text, "/") == 0;
    const struct value *parts[] = {&p->root_writable, &p->root_proc,      &p->root_sys, &p->root_mounts,
                                   &p->root_mask,     &p->root_read_only, &p->devices,  &p->root_hidepid};
    if (!slash && p->root_path.set) {
        struct diag *d =
            rf_diag(c->diags, D_CONTRADICTION, p->root_path.at, "a root directory without a new mount namespace");
        rf_diag_help(c->diags, d, "write root: {path: /}, or namespaces: {mount: new}");
    }
    if (p->process_terminal.num == 1) {
        struct diag *d = rf_diag(c->diags, D_CONTRADICTION, p->process_terminal.at,
                                 "a pseudo-terminal without a new mount namespace");
        rf_diag_other(c->diags, d, p->namespaces_mount.at, "because of this");
        rf_diag_help(c->diags, d, "it is made in a /dev of the program's own");
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i]->set || parts[i]->origin->is_preset) continue;
        struct diag *d = rf_diag(c->diags, D_CONTRADICTION, parts[i]->at, "this needs a new mount namespace");
        rf_diag_other(c->diags, d, p->namespaces_mount.at, "because of this");
    }
}

void rf_check_root(struct compile_context *c, const struct file *file) {
    const struct policy *p = &file->merged;
    if (p->namespaces_mount.num != NS_NEW) {
        check_kept_root(c, file);
        return;
    }
    for (size_t i = 0; i < p->root_mounts.count; i++)
        if (!p->root_mounts.items[i].gone) {
            check_mount(c, p, &p->root_mounts.items[i]);
            check_pty_mount(c, p, &p->root_mounts.items[i]);
            check_hidden(c, p, &p->root_mounts.items[i]);
        }
    if (p->root_hidepid.set && p->root_proc.num == 0)
        rf_diag(c->diags, D_CONTRADICTION, p->root_hidepid.at, "root.hidepid without a /proc");
    check_whole_root(c, &p->root_mask, "root.mask");
    check_whole_root(c, &p->root_read_only, "root.read_only");
}
