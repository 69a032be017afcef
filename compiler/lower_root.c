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

static uint32_t kind_of(const struct value *f) {
    static const struct {
        enum field_id field;
        enum rf_mount_kind kind;
    } kinds[] = {{FIELD_mount_bind, RF_MOUNT_BIND},       {FIELD_mount_tmpfs, RF_MOUNT_TMPFS},
                 {FIELD_mount_content, RF_MOUNT_CONTENT}, {FIELD_mount_devpts, RF_MOUNT_DEVPTS},
                 {FIELD_mount_mqueue, RF_MOUNT_MQUEUE},   {FIELD_mount_cgroup, RF_MOUNT_CGROUP}};
    size_t i = 0;
    while (!f[kinds[i].field].set) i++; /* check_root.c: it has one */
    return kinds[i].kind;
}

static void lower_mount(struct lower *l, const struct value *f, size_t i, struct rf_mount *out) {
    uint32_t kind = kind_of(f);
    bool always = kind == RF_MOUNT_TMPFS || kind == RF_MOUNT_DEVPTS || kind == RF_MOUNT_MQUEUE;
    out->target = rf_lower_string(l, f[FIELD_mount_target].text);
    out->source = kind == RF_MOUNT_BIND      ? rf_lower_text(l, &f[FIELD_mount_bind])
                  : kind == RF_MOUNT_CONTENT ? rf_lower_text(l, &f[FIELD_mount_content])
                                             : RF_TEXT_ABSENT;
    out->kind = kind;
    out->flags = (always || f[FIELD_mount_writable].num ? RF_MOUNT_WRITABLE : 0) |
                 (f[FIELD_mount_recursive].num ? RF_MOUNT_RECURSIVE : 0) |
                 (f[FIELD_mount_noexec].num ? RF_MOUNT_NOEXEC : 0) | (f[FIELD_mount_id_map].num ? RF_MOUNT_ID_MAP : 0);
    if ((out->flags & (RF_MOUNT_RECURSIVE | RF_MOUNT_WRITABLE)) == RF_MOUNT_RECURSIVE || (out->flags & RF_MOUNT_ID_MAP))
        l->plan.required |= RF_REQUIRE_MOUNT_SETATTR;
    out->size = f[FIELD_mount_size].num;
    if (f[FIELD_mount_size].parameter) rf_lower_fill_number(l, RF_MOUNTS, i, f[FIELD_mount_size].parameter);
    out->inodes = (uint32_t)f[FIELD_mount_inodes].num;
    out->uid = (uint32_t)f[FIELD_mount_uid].num;
    out->gid = (uint32_t)f[FIELD_mount_gid].num;
    out->mode = (uint32_t)f[FIELD_mount_mode].num;
    if (!f[FIELD_mount_mode].set) out->mode = kind == RF_MOUNT_TMPFS ? 0755 : kind == RF_MOUNT_CONTENT ? 0444 : 0;
    if (kind == RF_MOUNT_DEVPTS && !f[FIELD_mount_gid].set) out->gid = (uint32_t)l->p->process_gid.num;
}

/* The overlay first: its target is '/'. */
static void lower_mounts(struct lower *l) {
    const struct policy *p = l->p;
    size_t n, overlay = p->root_writable.num == 2;
    const struct item **mounts = rf_lower_sorted(l, &p->root_mounts, &n);
    struct rf_mount *out = RF_LOWER_RECORDS(l, MOUNTS, struct rf_mount, n + overlay);
    if (overlay) {
        const struct value *f = p->root_writable.items[0].fields;
        out[0] = (struct rf_mount){.target = rf_lower_string(l, "/"),
                                   .source = RF_TEXT_ABSENT,
                                   .kind = RF_MOUNT_OVERLAY,
                                   .flags = RF_MOUNT_WRITABLE,
                                   .size = f[FIELD_overlay_size].num,
                                   .inodes = (uint32_t)f[FIELD_overlay_inodes].num};
        rf_lower_note(l, RF_MOUNTS, 0, p->root_writable.at);
    }
    for (size_t i = 0; i < n; i++) {
        lower_mount(l, mounts[i]->fields, i + overlay, &out[i + overlay]);
        rf_lower_note(l, RF_MOUNTS, (uint32_t)(i + overlay), mounts[i]->at);
    }
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
    if (p->root_hidepid.set) root->flags |= (uint32_t)(p->root_hidepid.num + 1) << 2; /* RF_HIDEPID() */
    root->proc = (uint32_t)p->root_proc.num;
    root->sys = (uint32_t)p->root_sys.num;
    RF_LOWER_NOTE_FIELD(l, ROOT, struct rf_root, flags, &p->root_writable);
    RF_LOWER_NOTE_FIELD(l, ROOT, struct rf_root, proc, p->root_hidepid.set ? &p->root_hidepid : &p->root_proc);
    RF_LOWER_NOTE_FIELD(l, ROOT, struct rf_root, sys, &p->root_sys);
    lower_mounts(l);
    lower_paths(l, RF_MASKS, &p->root_mask);
    lower_paths(l, RF_READ_ONLY, &p->root_read_only);
    lower_devices(l);
}
