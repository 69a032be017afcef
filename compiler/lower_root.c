/* SPDX-License-Identifier: Apache-2.0 */
/* The file tree and its device nodes. */
#include "lower.h"
#include "names.h"

#include <string.h>

static void lower_paths(struct lower *l, enum rf_section_type type, const struct value *v) {
    size_t n;
    const struct item **paths = rf_lower_sorted(l, v, &n);
    struct rf_path *out = rf_lower_records(l, type, n, sizeof *out);
    for (size_t i = 0; i < n; i++) {
        out[i].path = rf_lower_string(l, paths[i]->name);
        rf_lower_note(l, type, (uint32_t)i, paths[i]->at);
    }
}

static void lower_devices(struct lower *l) {
    size_t n;
    const struct item **nodes = rf_lower_sorted(l, &l->p->devices, &n);
    struct rf_device *out = RF_LOWER_RECORDS(l, DEVICES, struct rf_device, n);
    for (size_t i = 0; i < n; i++) {
        const struct device_info *info = rf_name_device_at((int)nodes[i]->num);
        out[i] = (struct rf_device){rf_lower_string(l, info->name), info->major, info->minor, info->mode, 0};
        rf_lower_note(l, RF_DEVICES, (uint32_t)i, nodes[i]->at);
    }
}

static void lower_mount(struct lower *l, const struct value *f, size_t i, struct rf_mount *out) {
    bool bind = f[FIELD_mount_bind].set;
    bool writable = !bind || f[FIELD_mount_writable].num;
    out->target = rf_lower_string(l, f[FIELD_mount_target].text);
    out->source = bind ? rf_lower_text(l, &f[FIELD_mount_bind]) : RF_TEXT_ABSENT;
    out->kind = bind ? RF_MOUNT_BIND : RF_MOUNT_TMPFS;
    out->flags = (writable ? RF_MOUNT_WRITABLE : 0) | (f[FIELD_mount_recursive].num ? RF_MOUNT_RECURSIVE : 0);
    if ((out->flags & RF_MOUNT_RECURSIVE) && !writable) l->plan.required |= RF_REQUIRE_MOUNT_SETATTR;
    if (bind) return;
    out->size = f[FIELD_mount_size].num;
    if (f[FIELD_mount_size].parameter) rf_lower_fill_number(l, RF_MOUNTS, i, f[FIELD_mount_size].parameter);
    out->mode = f[FIELD_mount_mode].set ? (uint32_t)f[FIELD_mount_mode].num : 0755;
    out->uid = (uint32_t)f[FIELD_mount_uid].num;
    out->gid = (uint32_t)f[FIELD_mount_gid].num;
}

void rf_lower_root(struct lower *l) {
    const struct policy *p = l->p;
    struct rf_root *root = RF_LOWER_RECORDS(l, ROOT, struct rf_root, 1);
    bool keep = p->namespaces_mount.num != NS_NEW;
    root->path = rf_lower_text(l, &p->root_path);
    RF_LOWER_NOTE_FIELD(l, ROOT, struct rf_root, path, &p->root_path);
    if (keep) {
        root->flags = RF_ROOT_KEEP;
        RF_LOWER_NOTE_FIELD(l, ROOT, struct rf_root, flags, &p->namespaces_mount);
        return;
    }
    root->flags = p->root_writable.num ? RF_ROOT_WRITABLE : 0;
    root->proc = (uint32_t)p->root_proc.num;
    root->sys = (uint32_t)p->root_sys.num;
    RF_LOWER_NOTE_FIELD(l, ROOT, struct rf_root, flags, &p->root_writable);
    RF_LOWER_NOTE_FIELD(l, ROOT, struct rf_root, proc, &p->root_proc);
    RF_LOWER_NOTE_FIELD(l, ROOT, struct rf_root, sys, &p->root_sys);
    size_t n;
    const struct item **mounts = rf_lower_sorted(l, &p->root_mounts, &n);
    struct rf_mount *out = RF_LOWER_RECORDS(l, MOUNTS, struct rf_mount, n);
    for (size_t i = 0; i < n; i++) {
        lower_mount(l, mounts[i]->fields, i, &out[i]);
        rf_lower_note(l, RF_MOUNTS, (uint32_t)i, mounts[i]->at);
    }
    lower_paths(l, RF_MASKS, &p->root_mask);
    lower_paths(l, RF_READ_ONLY, &p->root_read_only);
    lower_devices(l);
}
