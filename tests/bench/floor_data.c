/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor_data BLOB: what floor.c needs of one compiled policy, as a C header, for this machine's cgroups as they are
 * now: a controller that has a v1 mount is used there, as the enforcer does.  No parameters, joins, id maps, io limits.
 */
#define _GNU_SOURCE
#include "../../schemas/blob/view.h"

#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static struct rf_view view;
static const char *const controllers[] = {"", "cpu", "memory", "pids"};
static int leaf_of[4];
static bool v1[4];

static void print_text(const char *text) {
    putchar('"');
    for (; *text; text++) printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    putchar('"');
}

static void define_text(const char *name, const char *text) {
    printf("#define FLOOR_%s ", name);
    print_text(text ? text : "");
    putchar('\n');
}

static const char *text_of(struct rf_str s) {
    return rf_view_string(&view, s);
}

/* Without the leading slash: relative to the root. */
static const char *inside(struct rf_str s) {
    return text_of(s) + 1;
}

static void fail(const char *why) {
    fprintf(stderr, "floor_data: %s\n", why);
    exit(1);
}

/* Our own place in a hierarchy ("": v2). */
static void print_leaf(const char *mount, const char *controller, bool v2) {
    char line[1024], want[64];
    FILE *in = fopen("/proc/self/cgroup", "r");
    snprintf(want, sizeof want, ":%s:", controller);
    while (in && fgets(line, sizeof line, in)) {
        char *place = strstr(line, want);
        if (!place) continue;
        place += strlen(want);
        place[strcspn(place, "\n")] = '\0';
        printf("{\"%s%s\", %s}, ", mount, strcmp(place, "/") == 0 ? "" : place, v2 ? "true" : "false");
        fclose(in);
        return;
    }
    fail("/proc/self/cgroup does not say where we are");
}

static void define_leaves(void) {
    int count = 0;
    printf("#define FLOOR_LEAVES ");
    const char *mount = access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0           ? "/sys/fs/cgroup"
                        : access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0 ? "/sys/fs/cgroup/unified"
                                                                                   : NULL;
    if (mount) {
        print_leaf(mount, "", true);
        count++;
    }
    for (uint32_t i = 0; i < rf_view_count(&view, RF_LIMITS); i++) {
        uint32_t c = RF_RECORD(&view, LIMITS, struct rf_limit, i)->controller;
        char place[64], probe[96];
        snprintf(place, sizeof place, "/sys/fs/cgroup/%s", controllers[c]);
        snprintf(probe, sizeof probe, "%s/cgroup.procs", place);
        if (v1[c] || access(probe, F_OK) != 0) continue;
        v1[c] = true;
        leaf_of[c] = count++;
        print_leaf(place, controllers[c], false);
    }
    printf("\n#define FLOOR_LIMITS ");
    for (uint32_t i = 0; i < rf_view_count(&view, RF_LIMITS); i++) {
        const struct rf_limit *l = RF_RECORD(&view, LIMITS, struct rf_limit, i);
        if (l->version != (v1[l->controller] ? 1u : 2u)) continue;
        if ((l->flags & RF_LIMIT_IF_SWAP) && access("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", F_OK) != 0)
            continue;
        printf("{%d, \"%s\", \"%s\"}, ", leaf_of[l->controller], text_of(l->file), text_of(l->text));
    }
    putchar('\n');
}

static void define_mounts(void) {
    printf("#define FLOOR_MOUNTS ");
    for (uint32_t i = 0; i < rf_view_count(&view, RF_MOUNTS); i++) {
        const struct rf_mount *m = RF_RECORD(&view, MOUNTS, struct rf_mount, i);
        bool bind = m->kind == RF_MOUNT_BIND;
        putchar('{');
        if (bind)
            print_text(text_of(m->source.prefix));
        else
            printf("NULL");
        printf(", ");
        print_text(inside(m->target));
        /* MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, and MOUNT_ATTR_RDONLY */
        printf(", %u, %d, {", 6u | (bind && !(m->flags & RF_MOUNT_WRITABLE)), (m->flags & RF_MOUNT_RECURSIVE) != 0);
        if (!bind)
            printf("\"size\", \"%lu\", \"mode\", \"%o\", \"uid\", \"%u\", \"gid\", \"%u\", ", (unsigned long)m->size,
                   m->mode, m->uid, m->gid);
        printf("NULL}}, ");
    }
    putchar('\n');
}

static void define_paths(const char *name, enum rf_section_type type) {
    printf("#define FLOOR_%s ", name);
    for (uint32_t i = 0; i < rf_view_count(&view, type); i++) {
        print_text(inside(((const struct rf_path *)view.records[type])[i].path));
        printf(", ");
    }
    putchar('\n');
}

static void define_lists(void) {
    define_paths("MASKS", RF_MASKS);
    define_paths("READ_ONLY", RF_READ_ONLY);
    printf("#define FLOOR_DEVICES ");
    for (uint32_t i = 0; i < rf_view_count(&view, RF_DEVICES); i++) {
        const struct rf_device *d = RF_RECORD(&view, DEVICES, struct rf_device, i);
        printf("{\"%s\", %u, %u}, ", text_of(d->name), d->mode, (unsigned)makedev(d->major, d->minor));
    }
    printf("\n#define FLOOR_RLIMITS ");
    for (uint32_t i = 0; i < rf_view_count(&view, RF_RLIMITS); i++) {
        const struct rf_rlimit *r = RF_RECORD(&view, RLIMITS, struct rf_rlimit, i);
        printf("{%u, {%luu, %luu}}, ", r->resource, (unsigned long)r->soft, (unsigned long)r->hard);
    }
    printf("\n#define FLOOR_GROUPS ");
    for (uint32_t i = 0; i < rf_view_count(&view, RF_GROUPS); i++)
        printf("%u, ", RF_RECORD(&view, GROUPS, struct rf_group, i)->gid);
    printf("\n#define FLOOR_ENVIRONMENT ");
    for (uint32_t i = 0; i < rf_view_count(&view, RF_ENV); i++) {
        print_text(text_of(RF_RECORD(&view, ENV, struct rf_arg, i)->text));
        printf(", ");
    }
    putchar('\n');
}

static void define_filter(void) {
#ifdef __x86_64__
    const enum rf_section_type type = RF_FILTER_X86_64;
#elif defined(__aarch64__)
    const enum rf_section_type type = RF_FILTER_AARCH64;
#else
    const enum rf_section_type type = RF_FILTER_RISCV64;
#endif
    const struct rf_insn *insns = view.records[type];
    printf("#define FLOOR_FILTER ");
    for (uint32_t i = 0; i < rf_view_count(&view, type); i++)
        printf("{%u, %u, %u, %uu}, ", insns[i].code, insns[i].jt, insns[i].jf, insns[i].k);
    putchar('\n');
}

static void define_numbers(void) {
    const struct rf_namespaces *ns = RF_RECORD(&view, NAMESPACES, struct rf_namespaces, 0);
    const struct rf_root *root = RF_RECORD(&view, ROOT, struct rf_root, 0);
    const struct rf_process *process = RF_RECORD(&view, PROCESS, struct rf_process, 0);
    unsigned last = 63;
    FILE *in = fopen("/proc/sys/kernel/cap_last_cap", "r");
    if (!in || fscanf(in, "%u", &last) != 1) fail("no /proc/sys/kernel/cap_last_cap");
    fclose(in);
    if ((ns->create & (CLONE_NEWUSER | CLONE_NEWTIME)) || (root->flags & RF_ROOT_KEEP))
        fail("user, time and host mount namespaces are not done");
    printf("#define FLOOR_CREATE %#xu\n", ns->create);
    define_text("HOSTNAME", text_of(ns->hostname.prefix));
    define_text("PATH", text_of(root->path.prefix));
    define_text("CWD", text_of(process->cwd));
    printf("#define FLOOR_ROOT %u\n", 6u | !(root->flags & RF_ROOT_WRITABLE));
    printf("#define FLOOR_PROC %u\n#define FLOOR_SYS %u\n", root->proc, root->sys);
    printf("#define FLOOR_UID %u\n#define FLOOR_GID %u\n#define FLOOR_UMASK %u\n", process->uid, process->gid,
           process->umask);
    printf("#define FLOOR_REAPER %d\n", process->init == RF_INIT_REAPER);
    printf("#define FLOOR_CAPS UINT64_C(%#lx)\n#define FLOOR_LAST_CAP %u\n",
           (unsigned long)RF_RECORD(&view, CONFINE, struct rf_confine, 0)->capabilities, last);
}

int main(int argc, char **argv) {
    static _Alignas(8) uint8_t bytes[RF_BLOB_MAX + 1];
    FILE *in = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!in) fail("usage: floor_data BLOB");
    if (rf_view_open(&view, bytes, fread(bytes, 1, sizeof bytes, in))) fail("not a compiled policy");
    fclose(in);
    if (rf_view_count(&view, RF_PARAMETERS) + rf_view_count(&view, RF_JOINS) + rf_view_count(&view, RF_IO))
        fail("parameters, joins and io limits are not done");
    define_leaves();
    define_mounts();
    define_lists();
    define_numbers();
    define_filter();
    return 0;
}
