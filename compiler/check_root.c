/* SPDX-License-Identifier: Apache-2.0 */
/* The file tree: mount targets, and what a host mount namespace excludes. */
#include "check.h"
#include "merge.h"

#include <string.h>

static bool below(const char *path, const char *directory) {
    size_t n = strlen(directory);
    return strncmp(path, directory, n) == 0 && (path[n] == 0 || path[n] == '/');
}

static void check_target(struct compile_context *c, const struct item *mount) {
    const char *target = RF_FIELD(mount, mount, target).text;
    bool taken =
        strcmp(target, "/") == 0 || strcmp(target, "/dev") == 0 || below(target, "/proc") || below(target, "/sys");
    if (!taken) return;
    struct diag *d =
        rf_diag(c->diags, D_BAD_TARGET, RF_FIELD(mount, mount, target).at, "nothing can be mounted on '%s'", target);
    rf_diag_help(c->diags, d, "%s",
                 strcmp(target, "/") == 0 ? "root.path is what is mounted there"
                 : below(target, "/dev")  ? "/dev is made fresh: name nodes under devices, or mount below /dev"
                                          : "see root.proc, root.sys, root.mask and root.read_only");
}

static void only_for(struct compile_context *c, const struct item *mount, enum field_id field, const char *kind) {
    if (mount->fields[field].set)
        rf_diag(c->diags, D_BAD_ENTRY, mount->fields[field].at, "'%s' means nothing for a %s", rf_fields[field].path,
                kind);
}

static void check_mount(struct compile_context *c, const struct item *mount) {
    bool bind = RF_FIELD(mount, mount, bind).set, tmpfs = RF_FIELD(mount, mount, tmpfs).set;
    check_target(c, mount);
    if (bind == tmpfs) {
        rf_diag(c->diags, bind ? D_BAD_ENTRY : D_MISSING_FIELD, mount->at,
                "a mount has exactly one of 'bind' and 'tmpfs'");
        return;
    }
    if (bind) {
        only_for(c, mount, FIELD_mount_size, "bind");
        only_for(c, mount, FIELD_mount_mode, "bind");
        only_for(c, mount, FIELD_mount_uid, "bind");
        only_for(c, mount, FIELD_mount_gid, "bind");
        return;
    }
    only_for(c, mount, FIELD_mount_recursive, "tmpfs");
    only_for(c, mount, FIELD_mount_writable, "tmpfs"); /* it starts empty: read-only it would be of no use */
    if (!RF_FIELD(mount, mount, tmpfs).num)
        rf_diag(c->diags, D_BAD_ENTRY, RF_FIELD(mount, mount, tmpfs).at, "'tmpfs' is only ever true");
    if (!RF_FIELD(mount, mount, size).set) {
        struct diag *d = rf_diag(c->diags, D_MISSING_FIELD, mount->at, "a tmpfs needs a size");
        rf_diag_help(c->diags, d, "without one it may fill half of the host's memory: write size: 64MiB");
    }
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
                                   &p->root_mask,     &p->root_read_only, &p->devices};
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
            check_mount(c, &p->root_mounts.items[i]);
            check_pty_mount(c, p, &p->root_mounts.items[i]);
        }
    check_whole_root(c, &p->root_mask, "root.mask");
    check_whole_root(c, &p->root_read_only, "root.read_only");
}
