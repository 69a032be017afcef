/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect.h"
#include "../schemas/blob/dump.h"
#include "diag.h"
#include "lower.h"
#include "seccomp/seccomp.h"

#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <string.h>

#define COLUMN 76 /* where the source line begins, when the text leaves room */

struct printing {
    const struct rf_view *view;
    const struct rf_map *map;
    FILE *out;
    uint32_t section; /* whose heading was printed last */
};

static const char *const headings[RF_SECTION_END] = {
    [RF_PARAMETERS] = "parameters",
    [RF_NAMESPACES] = "namespaces",
    [RF_JOINS] = "joined namespaces",
    [RF_ID_MAPS] = "id maps",
    [RF_ROOT] = "root",
    [RF_MOUNTS] = "mounts",
    [RF_MASKS] = "masked",
    [RF_READ_ONLY] = "read-only",
    [RF_DEVICES] = "devices",
    [RF_LIMITS] = "limits",
    [RF_IO] = "disk throttles",
    [RF_PROCESS] = "process",
    [RF_ARGS] = "program",
    [RF_ENV] = "environment",
    [RF_PASS_ENV] = "passed on",
    [RF_GROUPS] = "groups",
    [RF_RLIMITS] = "resource limits",
    [RF_CONFINE] = "capabilities",
    [RF_LANDLOCK] = "landlock",
    [RF_LANDLOCK_PATHS] = "landlock: what may be done below a path",
    [RF_LANDLOCK_PORTS] = "landlock: ports",
    [RF_TUNING] = "attributes of the process",
    [RF_CPUS] = "processors",
    [RF_NODES] = "memory nodes",
    [RF_DOMAINNAME] = "domain name",
    [RF_SYSCTLS] = "sysctls",
    [RF_CGROUP] = "cgroup",
    [RF_SERVICE] = "service",
    [RF_KEEP_FDS] = "descriptors kept",
    [RF_ATTEND] = "terminal and time",
};

static void print_place(struct printing *p, uint32_t section, uint32_t index, int width) {
    const struct rf_map_entry *e = rf_map_find(p->map, section, index);
    if (e) {
        fprintf(p->out, "%*s  [", width < COLUMN ? COLUMN - width : 0, "");
        rf_diag_put(p->out, rf_map_file_name(p->map, e));
        fprintf(p->out, ":%u]", e->line);
    }
    fputc('\n', p->out);
}

static void print_line(void *ctx, uint32_t section, uint32_t index, const char *text) {
    struct printing *p = ctx;
    if (RF_IS_FILTER(section)) return; /* told in words below */
    if (section != p->section)
        fprintf(p->out, "\n%s\n", section < RF_SECTION_END && headings[section] ? headings[section] : "policy");
    p->section = section;
    print_place(p, section, index, fprintf(p->out, "  %s", text));
}

/* ---- filters ---- */

#define DEPENDS UINT32_MAX /* no SECCOMP_RET_* word */

/* The filter's answer for a call as far as it follows from the number alone, or DEPENDS. */
static uint32_t answer(const struct rf_insn *insns, uint32_t arch, uint32_t number) {
    uint32_t a = 0;
    for (size_t pc = 0;; pc++) { /* loop-free: rf_view_open() has checked that every jump goes forward to a return */
        const struct rf_insn *i = &insns[pc];
        if (BPF_CLASS(i->code) == BPF_LD && i->k >= 8) return DEPENDS;
        if (BPF_CLASS(i->code) == BPF_LD) a = i->k == 0 ? number : arch;
        if (BPF_CLASS(i->code) == BPF_ALU) a &= i->k;
        if (BPF_CLASS(i->code) == BPF_RET) return i->k;
        if (BPF_CLASS(i->code) != BPF_JMP) continue;
        bool yes = BPF_OP(i->code) == BPF_JEQ   ? a == i->k
                   : BPF_OP(i->code) == BPF_JGT ? a > i->k
                   : BPF_OP(i->code) == BPF_JGE ? a >= i->k
                                                : (a & i->k) != 0;
        pc += BPF_OP(i->code) == BPF_JA ? i->k : yes ? i->jt : i->jf;
    }
}

static void print_action(FILE *out, uint32_t ret) {
    char words[32];
    fputs(ret == DEPENDS ? "depends on the arguments" : rf_action_words(ret, words, sizeof words), out);
}

/* One ABI of a filter. */
struct calls {
    struct printing *p;
    const struct rf_insn *insns;
    enum rf_machine abi;
    enum rf_section_type section;
    uint32_t fallback;
};

static uint32_t says(const struct calls *c, uint32_t number) {
    return answer(c->insns, rf_machine_info[c->abi].audit_arch, number);
}

static const struct rf_map_entry *entry_of(const struct calls *c, uint32_t number) {
    return rf_map_find(c->p->map, c->section, rf_lower_call_index(c->abi, number));
}

static bool same_group(const struct calls *c, uint32_t a, uint32_t b) {
    const struct rf_map_entry *ea = entry_of(c, a), *eb = entry_of(c, b);
    bool same_place = (!ea && !eb) || (ea && eb && ea->file == eb->file && ea->line == eb->line);
    return same_place && says(c, a) == says(c, b);
}

/* Calls that got an answer of their own: in order of the table (by name), those of one line and answer together. */
static void print_calls(const struct calls *c) {
    for (size_t i = 0; i < rf_syscall_count; i++) {
        int32_t number = rf_syscalls[i].number[c->abi];
        uint32_t ret = number < 0 ? c->fallback : says(c, (uint32_t)number);
        bool told = number < 0 || (!entry_of(c, (uint32_t)number) &&
                                   (ret == c->fallback || rf_syscalls[i].since > c->p->view->header->kernel));
        for (size_t k = 0; k < i && !told; k++)
            told = rf_syscalls[k].number[c->abi] >= 0 &&
                   same_group(c, (uint32_t)rf_syscalls[k].number[c->abi], (uint32_t)number);
        if (told) continue;
        fputs("  ", c->p->out);
        print_action(c->p->out, ret);
        fputs(":", c->p->out);
        int width = 40;
        for (size_t k = i; k < rf_syscall_count; k++) {
            int32_t other = rf_syscalls[k].number[c->abi];
            if (other >= 0 && same_group(c, (uint32_t)number, (uint32_t)other))
                width += fprintf(c->p->out, " %s", rf_syscalls[k].name);
        }
        print_place(c->p, c->section, rf_lower_call_index(c->abi, (uint32_t)number), width < COLUMN ? COLUMN : width);
    }
}

static void print_abi(struct calls *c) {
    struct printing *p = c->p;
    uint32_t newest = 0;
    c->fallback = says(c, c->abi == RF_X32 ? RF_X32_BIT : 0);
    for (size_t i = 0; i < rf_syscall_count; i++) {
        int32_t n = rf_syscalls[i].number[c->abi];
        if (n > (int32_t)newest) newest = (uint32_t)n;
        /* a known call that no line of the policy decides shows the default */
        if (n >= 0 && rf_syscalls[i].since <= p->view->header->kernel && !entry_of(c, (uint32_t)n))
            c->fallback = says(c, (uint32_t)n);
    }
    if (p->map->file_count) print_calls(c);
    fputs("  every other known call: ", p->out);
    print_action(p->out, c->fallback);
    print_place(p, c->section, RF_NONE, COLUMN);
    fputs("  newer calls: ", p->out);
    print_action(p->out, says(c, newest + 1));
    print_place(p, c->section, RF_MAP_UNKNOWN, COLUMN);
}

/* Whether the filter has another answer than kill for any call of the ABI: that of numbers beyond all is enough. */
static bool judges(const struct calls *c) {
    for (size_t i = 0; i < rf_syscall_count; i++) {
        int32_t n = rf_syscalls[i].number[c->abi];
        if (n >= 0 && says(c, (uint32_t)n) != SECCOMP_RET_KILL_PROCESS) return true;
    }
    return false;
}

static void print_filter(struct printing *p, enum rf_machine machine, enum rf_section_type section, bool disassemble) {
    uint32_t count = rf_view_count(p->view, section);
    const struct rf_insn *insns = p->view->records[section];
    bool x32 = false;
    if (!count) return;
    fprintf(p->out, "\nseccomp on %s: %u instructions, proven equal to the policy when compiled\n",
            rf_machine_info[machine].name, count);
    struct calls c = {p, insns, machine, section, 0};
    print_abi(&c);
    for (unsigned abi = RF_MACHINES; abi < RF_ABIS; abi++) {
        c.abi = (enum rf_machine)abi;
        if (rf_machine_info[abi].carrier != machine || !judges(&c)) continue;
        x32 = x32 || abi == RF_X32;
        fprintf(p->out, "\nseccomp on %s, for programs of %s\n", rf_machine_info[machine].name,
                rf_machine_info[abi].name);
        print_abi(&c);
    }
    fprintf(p->out, "  other architectures%s: kill\n", machine == RF_X86_64 && !x32 ? " and the x32 range" : "");
    for (uint32_t i = 0; disassemble && i < count; i++) {
        char text[96];
        rf_bpf_disassemble(&insns[i], i, text, sizeof text);
        fprintf(p->out, "    %s\n", text);
    }
}

void rf_inspect(const struct rf_view *view, const struct rf_map *map, bool disassemble, FILE *out) {
    struct printing p = {view, map, out, UINT32_MAX};
    rf_dump(view, print_line, &p);
    print_filter(&p, RF_X86_64, RF_FILTER_X86_64, disassemble);
    print_filter(&p, RF_AARCH64, RF_FILTER_AARCH64, disassemble);
    print_filter(&p, RF_RISCV64, RF_FILTER_RISCV64, disassemble);
    fprintf(out, "\nsources\n");
    for (uint32_t i = 0; i < map->file_count; i++) {
        struct rf_map_entry entry = {.file = i};
        fputs("  ", out);
        rf_diag_put(out, rf_map_file_name(map, &entry));
        fputs("  sha256:", out);
        for (size_t b = 0; b < sizeof map->files[i].sha256; b++) fprintf(out, "%02x", map->files[i].sha256[b]);
        fputc('\n', out);
    }
    if (!map->file_count) fputs("  (source map stripped)\n", out);
}
