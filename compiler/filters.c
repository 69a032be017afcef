/* SPDX-License-Identifier: Apache-2.0 */
#include "filters.h"
#include "compile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct span nowhere;

static const uint8_t *read_blob(struct compile_context *c, const char *path, size_t *length) {
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    uint8_t *bytes = rf_arena_alloc(c->arena, RF_BLOB_MAX + 1);
    ssize_t n = fd < 0 ? -1 : 1;
    for (*length = 0; n > 0 && *length <= RF_BLOB_MAX; *length += n > 0 ? (size_t)n : 0)
        n = read(fd, bytes + *length, RF_BLOB_MAX + 1 - *length);
    int error = errno;
    if (fd >= 0) close(fd);
    if (n >= 0) return bytes;
    rf_diag(c->diags, D_UNREADABLE, nowhere, "cannot read '%s': %s", path, strerror(error));
    return NULL;
}

/* A policy is text: no magic of a blob. */
static bool is_blob(const char *path) {
    uint8_t first[sizeof((struct rf_header *)0)->magic];
    int fd = strcmp(path, "-") == 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    if (fd < 0) return false;
    /* a pipe could not be read again from its start: what comes through one is a policy */
    ssize_t n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, first, sizeof first) : 0;
    close(fd);
    return n == (ssize_t)sizeof first && memcmp(first, RF_BLOB_MAGIC, sizeof first) == 0;
}

static bool open_view(struct compile_context *c, const char *path, const uint8_t *bytes, size_t length,
                      struct filters *f) {
    enum rf_blob_error error = rf_view_open(&f->view, bytes, length);
    if (error == RF_BLOB_OK) error = rf_view_map_open(&f->view, &f->map);
    if (error == RF_BLOB_OK) return true;
    rf_diag(c->diags, D_BLOB_REFUSED, nowhere, "'%s' is refused: %s", path, rf_blob_error_text(error));
    return false;
}

static void list_filters(struct filters *f) {
    for (unsigned m = 0; m < RF_MACHINES; m++) {
        enum rf_section_type section = rf_lower_section((enum rf_machine)m);
        if (!rf_view_count(&f->view, section)) continue;
        struct filter *filter = &f->list[f->count++];
        *filter = (struct filter){(enum rf_machine)m, section, f->view.records[section],
                                  rf_view_count(&f->view, section), NULL};
        for (size_t i = 0; f->lower && i < f->lower->filter_count; i++)
            if (f->lower->filters[i].policy.machine == m) filter->policy = &f->lower->filters[i].policy;
    }
}

bool rf_filters_open_blob(struct compile_context *c, const char *path, struct filters *f) {
    size_t length;
    *f = (struct filters){0};
    const uint8_t *bytes = read_blob(c, path, &length);
    if (!bytes || !open_view(c, path, bytes, length, f)) return false;
    list_filters(f);
    return true;
}

bool rf_filters_open(struct compile_context *c, const char *path, struct filters *f) {
    if (is_blob(path)) return rf_filters_open_blob(c, path, f);
    struct blob blob = {0};
    *f = (struct filters){0};
    f->lower = rf_compile_lowered(c, path, &blob);
    if (!f->lower || !open_view(c, path, blob.bytes, blob.length, f)) return false;
    list_filters(f);
    return true;
}

const struct filter *rf_filters_of(const struct filters *f, enum rf_machine abi) {
    for (size_t i = 0; i < f->count; i++)
        if (f->list[i].machine == rf_machine_info[abi].carrier) return &f->list[i];
    return NULL;
}

bool rf_filters_judges(const struct filter *filter, enum rf_machine abi) {
    if (rf_machine_info[abi].carrier != filter->machine) return false;
    if (abi == filter->machine) return true;
    struct rf_seccomp_data data = {.arch = rf_machine_info[abi].audit_arch};
    for (size_t i = 0; i < rf_syscall_count; i++) {
        if (rf_syscalls[i].number[abi] < 0) continue;
        data.number = (uint32_t)rf_syscalls[i].number[abi];
        if (rf_bpf_run(filter->insns, filter->count, &data, NULL) != SECCOMP_RET_KILL_PROCESS) return true;
    }
    return false;
}

int rf_filters_abi(struct compile_context *c, const char *name) {
    struct guess guess;
    rf_guess_init(&guess, name, strlen(name));
    for (int i = 0; i < RF_ABIS; i++) {
        if (strcmp(rf_machine_info[i].name, name) == 0) return i;
        rf_guess_try(&guess, rf_machine_info[i].name);
    }
    struct diag *d = rf_diag(c->diags, D_BAD_CHOICE, nowhere, "'%s' is no machine or ABI that is known here", name);
    rf_diag_help(c->diags, d, "%s%s",
                 guess.best ? "did you mean " : "they are x86_64, i386, x32, aarch64, arm, riscv64",
                 guess.best ? guess.best : "");
    return -1;
}

static const char *place(struct compile_context *c, const struct filters *f, const struct rf_map_entry *e) {
    return rf_arena_printf(c->arena, "%s:%" PRIu32, rf_map_file_name(&f->map, e), e->line);
}

/* The entry of (call, action); of a call without one that of the default, or of newer calls. */
static const struct rf_map_entry *entry_of(const struct filters *f, enum rf_section_type section, uint32_t index,
                                           uint32_t says) {
    const struct rf_map_entry *e = rf_map_find(&f->map, section, index), *end = f->map.entries + f->map.entry_count;
    for (; e && e < end && e->section == section && e->index == index; e++)
        if ((uint32_t)e->action == says) return e;
    return NULL;
}

const char *rf_filters_decider(struct compile_context *c, const struct filters *f, enum rf_machine abi,
                               const struct rf_seccomp_data *data, uint32_t says) {
    const struct filter *filter = rf_filters_of(f, abi);
    if (!filter) return "";
    const struct rf_rule *rule = filter->policy ? rf_policy_decider(filter->policy, data) : NULL;
    const struct rule_origin *origin = rule ? rule->origin : NULL;
    if (origin && origin->at.source)
        return rf_arena_printf(c->arena, "%s:%" PRIu32 ": %s", origin->at.source->label, origin->at.line, origin->key);
    const struct rf_map_entry *e = entry_of(f, filter->section, rf_lower_call_index(abi, data->number), says);
    if (e) return place(c, f, e);
    const struct rf_syscall *call = rf_syscall_by_number(abi, data->number);
    bool newer = !call || call->since > f->view.header->kernel;
    e = entry_of(f, filter->section, newer ? RF_MAP_UNKNOWN : RF_NONE, says);
    const char *what = newer ? "seccomp.unknown" : "seccomp.default";
    if (!rf_filters_judges(filter, abi)) return "";
    return e ? rf_arena_printf(c->arena, "%s: %s", place(c, f, e), what) : rf_arena_printf(c->arena, "%s", what);
}

const char *rf_filters_call(struct compile_context *c, enum rf_machine abi, const struct rf_seccomp_data *data) {
    const struct rf_syscall *call = rf_syscall_by_number(abi, data->number);
    if (!call) return rf_arena_printf(c->arena, "call %" PRIu32, data->number);
    const struct rf_sysargs *args = rf_syscall_args(call, abi);
    const char *text = rf_arena_printf(c->arena, "%s(", call->name);
    for (unsigned i = 0; i < args->count; i++) {
        uint64_t value = data->args[i];
        const struct rf_sysarg *arg = &args->list[i];
        if (arg->width < 64) value &= (UINT64_C(1) << arg->width) - 1;
        if (arg->is_pointer)
            text = rf_arena_printf(c->arena, "%s%s*", text, i ? ", " : "");
        else
            text = rf_arena_printf(c->arena, "%s%s0x%" PRIx64, text, i ? ", " : "", value);
    }
    return rf_arena_printf(c->arena, "%s)", text);
}
