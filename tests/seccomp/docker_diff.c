/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_diff PROFILE.json BLOB [compat]
 *
 * Compares the filters of a compiled policy with a moby seccomp profile as it is for the policy's capabilities
 * and kernel, decision by decision: every
 * number, and for each call of the table every argument at each value where either side could change
 * its mind.  The profile is asked with the argument as the kernel will read it; the filter with that
 * value and with each way of filling the bits that the kernel does not read.
 *
 * Exit code 0: only the differences that are meant, each of which was seen; 1: others, listed;
 * 2: an input could not be read.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../compiler/seccomp/seccomp.h"
#include "../../compiler/tables/tables.h"
#include "../../schemas/blob/view.h"
#include "moby_profile.h"

#define X32_BIT        0x40000000u
#define ENOSYS_ANSWER  (SECCOMP_RET_ERRNO | ENOSYS)
#define NUMBERS_BEYOND 64u /* how far behind the newest number to look */
#define SHOWN_PER_CALL 3u

static const struct side {
    enum rf_machine machine;
    const char *go_arch; /* of the host, whichever of its ABIs calls */
    enum rf_section_type section;
    uint32_t other_arch; /* its 32-bit one, which the profile serves and we do not unless asked; 0: it is this one */
} sides[] = {
    {RF_X86_64, "amd64", RF_FILTER_X86_64, AUDIT_ARCH_I386},
    {RF_AARCH64, "arm64", RF_FILTER_AARCH64, AUDIT_ARCH_ARM},
    {RF_I386, "amd64", RF_FILTER_X86_64, 0},
    {RF_X32, "amd64", RF_FILTER_X86_64, 0},
    {RF_ARM, "arm64", RF_FILTER_AARCH64, 0},
};
#define OWN_SIDES 2u

/* With `compat` the policy lists every ABI, and the profile is compared for each of them. */
static bool compat;

struct run {
    const struct side *side;
    const struct rf_insn *insns;
    size_t count;
    uint32_t kernel;
    struct moby_profile profile;
    uint64_t cuts[512]; /* argument values to try for the call at hand */
    size_t cut_count;
    size_t compared, wrong;
    size_t newer, x32, foreign, multiplexed; /* differences that are meant */
    size_t shown;
    uint32_t last_number;
};

static uint32_t filter_says(const struct run *r, uint32_t arch, uint32_t number, const uint64_t args[6]) {
    struct rf_seccomp_data data = {.number = number, .arch = arch};
    memcpy(data.args, args, sizeof data.args);
    return rf_bpf_run(r->insns, r->count, &data, NULL);
}

static void show(struct run *r, uint32_t number, const char *call, const uint64_t args[6], uint32_t filter,
                 uint32_t profile) {
    r->wrong++;
    if (number != r->last_number) r->shown = 0;
    r->last_number = number;
    if (r->shown++ >= SHOWN_PER_CALL) return;
    printf("%s: %s (%u)", rf_machine_info[r->side->machine].name, call, number);
    for (size_t i = 0; i < 6; i++) printf(" %#llx", (unsigned long long)args[i]);
    printf(": filter %#x, profile %#x\n", filter, profile);
}

/* One input.  `seen` is what the kernel makes of `args`. */
static void compare(struct run *r, const struct rf_syscall *call, const uint64_t args[6], const uint64_t seen[6]) {
    uint32_t number = (uint32_t)call->number[r->side->machine];
    uint32_t filter = filter_says(r, rf_machine_info[r->side->machine].audit_arch, number, args);
    uint32_t profile = moby_profile_answer(&r->profile, call->name, seen);
    r->compared++;
    /* these lead to socket(), whose families are restricted: a filter cannot see which is asked for */
    bool multiplexer = strcmp(call->name, "socketcall") == 0;
    if (call->since > r->kernel && filter == ENOSYS_ANSWER)
        r->newer++;
    else if (multiplexer && filter == r->profile.fallback)
        r->multiplexed++;
    else if (call->since > r->kernel || filter != profile)
        show(r, number, call->name, args, filter, profile);
}

static void add_cut(struct run *r, uint64_t value) {
    for (size_t i = 0; i < r->cut_count; i++)
        if (r->cuts[i] == value) return;
    if (r->cut_count == sizeof r->cuts / sizeof r->cuts[0]) {
        fputs("docker_diff: more values to try than there is room for\n", stderr);
        exit(2);
    }
    r->cuts[r->cut_count++] = value;
}

static void add_near(struct run *r, uint64_t value) {
    add_cut(r, value - 1);
    add_cut(r, value);
    add_cut(r, value + 1);
}

/* Boundaries of every width, every bit alone, and the constants of this call in the profile. */
static void gather_cuts(struct run *r, const char *call) {
    r->cut_count = 0;
    for (unsigned bit = 0; bit < 64; bit++) add_cut(r, UINT64_C(1) << bit);
    for (unsigned bit = 15; bit < 64; bit += 16) add_near(r, UINT64_C(1) << bit);
    add_near(r, 0);
    add_near(r, UINT64_C(1) << 16);
    add_near(r, UINT64_C(1) << 32);
    add_cut(r, UINT64_MAX);
    for (size_t i = moby_profile_first(&r->profile, call); i < r->profile.count; i++) {
        const struct moby_entry *entry = &r->profile.entries[i];
        if (strcmp(entry->call, call) != 0) break;
        for (size_t c = 0; c < entry->count; c++) {
            add_near(r, entry->conditions[c].value);
            add_near(r, ~entry->conditions[c].value);
            add_near(r, entry->conditions[c].second);
            for (unsigned bit = 0; bit < 32; bit++) add_cut(r, entry->conditions[c].value ^ UINT64_C(1) << bit);
        }
    }
}

static uint64_t low_bits(uint64_t value, unsigned width) {
    return width == 64 ? value : value & ((UINT64_C(1) << width) - 1);
}

/* Argument `at` of a call at one value, the others filled: plain, sign-extended and with rubbish above. */
static void compare_argument(struct run *r, const struct rf_syscall *call, size_t at, uint64_t value, uint64_t fill) {
    const struct rf_sysargs *list = rf_syscall_args(call, r->side->machine);
    unsigned width = at < list->count ? list->list[at].width : 64;
    uint64_t args[6], seen[6], low = low_bits(value, width);
    for (size_t i = 0; i < 6; i++) {
        args[i] = fill;
        seen[i] = low_bits(fill, i < list->count ? list->list[i].width : 64);
    }
    seen[at] = low;
    args[at] = low;
    compare(r, call, args, seen);
    if (width == 64) return;
    uint64_t above = UINT64_MAX << width;
    args[at] = low | above;
    compare(r, call, args, seen);
    args[at] = low | (above & UINT64_C(0xa5a5a5a5a5a5a5a5));
    compare(r, call, args, seen);
    args[at] = low | UINT64_C(1) << width;
    compare(r, call, args, seen);
}

static void compare_call(struct run *r, const struct rf_syscall *call) {
    gather_cuts(r, call->name);
    for (size_t at = 0; at < 6; at++) {
        for (size_t i = 0; i < r->cut_count; i++) {
            compare_argument(r, call, at, r->cuts[i], 0);
            compare_argument(r, call, at, r->cuts[i], UINT64_MAX);
        }
    }
}

/* Numbers that are no calls (the profile has its default for them), between others and behind the newest, x32's, and the other architecture's. */
static void compare_number(struct run *r, uint32_t number) {
    static const uint64_t args[6] = {0};
    enum rf_machine machine = r->side->machine;
    uint32_t arch = rf_machine_info[machine].audit_arch;
    if (!rf_syscall_by_number(machine, number)) {
        uint32_t filter = filter_says(r, arch, number, args);
        r->compared++;
        if (filter == ENOSYS_ANSWER)
            r->newer++;
        else
            show(r, number, "no call", args, filter, ENOSYS_ANSWER);
    }
    if (compat) return;
    uint32_t answer = filter_says(r, r->side->other_arch, number, args);
    r->compared++;
    if (answer == SECCOMP_RET_KILL_PROCESS)
        r->foreign++;
    else
        show(r, number, "other architecture", args, answer, SECCOMP_RET_KILL_PROCESS);
    if (machine != RF_X86_64) return;
    answer = filter_says(r, arch, number | X32_BIT, args);
    r->compared++;
    if (answer == SECCOMP_RET_KILL_PROCESS)
        r->x32++;
    else
        show(r, number | X32_BIT, "x32", args, answer, SECCOMP_RET_KILL_PROCESS);
}

/* Names of the profile that the table does not know: of machines that we do not serve. */
static size_t unknown_names(const struct moby_profile *profile) {
    size_t count = 0;
    for (size_t i = 0; i < profile->count; i++)
        count += !rf_syscall_find(profile->entries[i].call, strlen(profile->entries[i].call));
    return count;
}

static size_t compare_side(const struct side *side, const struct rf_view *view, const char *profile) {
    struct run *r = calloc(1, sizeof *r);
    if (!r) exit(2);
    const char *name = rf_machine_info[side->machine].name;
    r->side = side;
    r->count = rf_view_count(view, side->section);
    r->insns = view->records[side->section];
    r->kernel = view->header->kernel;
    r->last_number = UINT32_MAX;
    if (!r->count) {
        fprintf(stderr, "docker_diff: the blob has no filter for %s\n", name);
        exit(2);
    }
    const struct rf_confine *confine = RF_RECORD(view, CONFINE, struct rf_confine, 0);
    struct moby_host host = {side->go_arch, confine->capabilities, r->kernel};
    r->profile = moby_profile_read(profile, &host);
    uint32_t newest = 0;
    for (size_t i = 0; i < rf_syscall_count; i++) {
        int32_t number = rf_syscalls[i].number[side->machine];
        if (number < 0) continue;
        bool private = side->machine == RF_ARM && (uint32_t)number >= RF_ARM_PRIVATE;
        if (rf_syscalls[i].since <= r->kernel && !private && (uint32_t)number > newest) newest = (uint32_t)number;
        compare_call(r, &rf_syscalls[i]);
    }
    for (uint32_t number = side->machine == RF_X32 ? RF_X32_BIT : 0; number <= newest + NUMBERS_BEYOND; number++)
        compare_number(r, number);
    printf("%s: %zu instructions, %zu inputs compared, %zu differ against the policy's word\n", name, r->count,
           r->compared, r->wrong);
    printf("%s: meant differences: %zu numbers of no or newer calls ENOSYS, %zu of another architecture killed, %zu of "
           "x32 killed,"
           " %zu through socketcall refused; %zu names of the profile are of other machines\n",
           name, r->newer, r->foreign, r->x32, r->multiplexed, unknown_names(&r->profile));
    size_t wrong = r->wrong;
    /* A difference that is meant but was never met would mean that this program looked past it. */
    if (!r->newer || (!compat && (!r->foreign || (side->machine == RF_X86_64 && !r->x32)))) wrong++;
    if (side->machine == RF_I386 && !r->multiplexed) wrong++;
    moby_profile_free(&r->profile);
    free(r);
    return wrong;
}

int main(int argc, char **argv) {
    static _Alignas(8) uint8_t bytes[RF_BLOB_MAX + 1];
    compat = argc == 4 && strcmp(argv[3], "compat") == 0;
    if (argc != 3 && !compat) {
        fputs("usage: docker_diff PROFILE.json BLOB [compat]\n", stderr);
        return 2;
    }
    FILE *file = fopen(argv[2], "rb");
    if (!file) {
        fprintf(stderr, "docker_diff: %s: %s\n", argv[2], strerror(errno));
        return 2;
    }
    size_t length = fread(bytes, 1, sizeof bytes, file);
    if (ferror(file) || fclose(file)) {
        fprintf(stderr, "docker_diff: %s: cannot be read\n", argv[2]);
        return 2;
    }
    struct rf_view view;
    enum rf_blob_error error = rf_view_open(&view, bytes, length);
    if (error != RF_BLOB_OK) {
        fprintf(stderr, "docker_diff: blob refused: %s\n", rf_blob_error_text(error));
        return 2;
    }
    size_t wrong = 0;
    size_t count = compat ? sizeof sides / sizeof sides[0] : OWN_SIDES;
    for (size_t i = 0; i < count; i++) wrong += compare_side(&sides[i], &view, argv[1]);
    return wrong ? 1 : 0;
}
