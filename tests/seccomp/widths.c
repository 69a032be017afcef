/* SPDX-License-Identifier: Apache-2.0 */
/*
 * widths: for every argument of the table, of every call on every ABI, the condition `ARGUMENT == VALUE` through parser
 * and generator, for a random value and for that with all bits set.  The value must match with anything at all in the
 * bits that the kernel does not read, 2^32 more and sign-extended among them, and nothing else must; of a 64-bit argument
 * every bit counts.  Also AT_FDCWD both ways, with its high half clear as some C libraries pass it, and set.
 */
#include "shipped.h"

#include <inttypes.h>
#include <linux/seccomp.h>
#include <string.h>

#define REFUSED 7

struct subject {
    const struct rf_syscall *call;
    enum rf_machine abi;
    unsigned argument;
    const struct rf_insn *insns;
    size_t count;
};

static size_t arguments[65], runs; /* by width */

static bool matches(const struct subject *s, uint64_t value) {
    struct rf_seccomp_data data = {.number = (uint32_t)s->call->number[s->abi],
                                   .arch = rf_machine_info[s->abi].audit_arch};
    data.args[s->argument] = value;
    uint32_t says = rf_bpf_run(s->insns, s->count, &data, NULL);
    MUST(says == SECCOMP_RET_ALLOW || says == (SECCOMP_RET_ERRNO | REFUSED));
    runs++;
    return says != SECCOMP_RET_ALLOW;
}

/* All is allowed but the call with the condition. */
static void make_filter(struct rf_arena *arena, struct subject *s, const char *text) {
    static struct rf_insn out[RF_FILTER_MAX];
    struct rf_expr_error error;
    struct rf_rule rule = {.action = {RF_ACT_ERRNO, REFUSED}};
    rule.when = rf_expr_parse(arena, s->call, s->abi, text, &error);
    if (!rule.when) fprintf(stderr, "%s: '%s': %s\n", s->call->name, text, error.message);
    MUST(rule.when);
    const struct rf_call_rules call = {(uint32_t)s->call->number[s->abi], &rule, 1};
    const struct rf_seccomp own = {.machine = s->abi, .kernel = RF_NEWEST_KERNEL, .calls = &call, .count = 1};
    const struct rf_seccomp carrier = {
        .machine = rf_machine_info[s->abi].carrier, .kernel = RF_NEWEST_KERNEL, .compat = &own};
    const struct rf_seccomp *policy = s->abi < RF_MACHINES ? &own : &carrier;
    s->insns = out;
    s->count = rf_gen(arena, policy, out);
    MUST(s->count && rf_prove(arena, policy, out, s->count).result == RF_PROVEN);
}

static void try_value(struct kit *kit, struct subject *s, const struct rf_sysarg *arg, uint64_t value) {
    kit->arena = rf_arena_new();
    const uint64_t read = arg->width == 64 ? UINT64_MAX : (UINT64_C(1) << arg->width) - 1, sign = (read >> 1) + 1;
    char text[64];
    value &= read;
    if (arg->is_signed && value & sign)
        snprintf(text, sizeof text, "%s == -%" PRIu64, arg->name, ((~value & read) + 1) & read);
    else
        snprintf(text, sizeof text, "%s == %#" PRIx64, arg->name, value);
    make_filter(kit->arena, s, text);
    MUST(matches(s, value));
    for (unsigned bit = 0; bit < 64; bit++) MUST(matches(s, value ^ UINT64_C(1) << bit) == !(read >> bit & 1));
    MUST(matches(s, value + (UINT64_C(1) << 32)) == (arg->width < 64));
    MUST(matches(s, value | ~read) && matches(s, value | (~read & kit_random(kit))));
    MUST(!matches(s, value + 1) && !matches(s, value - 1) && !matches(s, ~value));
    rf_arena_free(kit->arena);
}

static void look_at(struct kit *kit, const struct rf_syscall *call, enum rf_machine abi) {
    const struct rf_sysargs *args = rf_syscall_args(call, abi);
    for (unsigned i = 0; args->known && i < args->count; i++) {
        const struct rf_sysarg *arg = &args->list[i];
        struct subject s = {call, abi, i, NULL, 0};
        if (arg->is_pointer) continue;
        arguments[arg->width]++;
        try_value(kit, &s, arg, kit_random(kit));
        try_value(kit, &s, arg, UINT64_MAX);
        if (i > 0 || strcmp(call->name, "openat") != 0) continue;
        kit->arena = rf_arena_new();
        make_filter(kit->arena, &s, rf_arena_printf(kit->arena, "%s == AT_FDCWD", arg->name));
        MUST(matches(&s, UINT64_C(0xffffff9c)) && matches(&s, (uint64_t)-100) && !matches(&s, 3));
        rf_arena_free(kit->arena);
    }
}

int main(void) {
    struct kit kit = {.state = 320064};
    for (int abi = 0; abi < RF_ABIS; abi++)
        for (size_t i = 0; i < rf_syscall_count; i++)
            if (rf_syscalls[i].number[abi] >= 0) look_at(&kit, &rf_syscalls[i], (enum rf_machine)abi);
    printf("%zu arguments of 16 bits, %zu of 32, %zu of 64; %zu runs\n", arguments[16], arguments[32], arguments[64],
           runs);
    MUST(arguments[16] > 20 && arguments[32] > 1000 && arguments[64] > 300);
    return 0;
}
