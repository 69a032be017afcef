/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp_kit.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>

uint64_t kit_random(struct kit *kit) { /* xorshift64* */
    kit->state ^= kit->state >> 12;
    kit->state ^= kit->state << 25;
    kit->state ^= kit->state >> 27;
    return kit->state * 2685821657736338717u;
}

uint32_t kit_below(struct kit *kit, uint32_t limit) {
    return (uint32_t)(kit_random(kit) >> 32) % limit;
}

static const uint64_t edges[] = {
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    0x7ffe,
    0x7fff,
    0x8000,
    0x8001,
    0xfffe,
    0xffff,
    0x10000,
    0x7ffffffe,
    0x7fffffff,
    0x80000000,
    0x80000001,
    0xfffffffe,
    0xffffffff,
    0x100000000,
    0x100000001,
    0x1ffffffff,
    0x7fffffffffffffff,
    0x8000000000000000,
    0xfffffffffffffffe,
    0xffffffffffffffff,
    0xffffffff00000000,
    0xffffffff80000000,
};

static uint64_t value_near(struct kit *kit) {
    uint64_t v;
    switch (kit_below(kit, 4)) {
    case 0: v = kit_below(kit, 40); break;
    case 1: v = kit_random(kit) >> kit_below(kit, 64); break;
    case 2:
        v = kit->used_count ? kit->used[kit_below(kit, (uint32_t)kit->used_count)] + kit_below(kit, 3) - 1 : 5;
        break;
    default: v = edges[kit_below(kit, sizeof edges / sizeof *edges)];
    }
    return v;
}

static uint64_t ones(unsigned width) {
    return width == 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
}

static uint64_t use(struct kit *kit, unsigned width) {
    uint64_t v = value_near(kit) & ones(width);
    if (kit->used_count < sizeof kit->used / sizeof *kit->used) kit->used[kit->used_count++] = v;
    return v;
}

static int64_t extended(uint64_t v, unsigned width) {
    if (width == 16) return (int16_t)v;
    return width == 32 ? (int32_t)v : (int64_t)v;
}

static const struct rf_cond *random_test(struct kit *kit) {
    static const uint8_t widths[] = {16, 32, 32, 64};
    struct rf_cond *c = RF_NEW(kit->arena, struct rf_cond);
    c->kind = RF_COND_EQ + kit_below(kit, RF_COND_BITS_NE - RF_COND_EQ + 1);
    c->argument = (uint8_t)kit_below(kit, kit_below(kit, 2) ? 2 : 6); /* often the same few */
    c->width = widths[kit_below(kit, 4)];
    c->is_signed = kit_below(kit, 2);
    c->value = use(kit, c->width);
    if (c->kind == RF_COND_RANGE) {
        c->high = use(kit, c->width);
        bool swapped = c->is_signed ? extended(c->value, c->width) > extended(c->high, c->width) : c->value > c->high;
        if (swapped && kit_below(kit, 16)) { /* an empty range is refused by the parser, but has a meaning */
            uint64_t low = c->high;
            c->high = c->value;
            c->value = low;
        }
    } else if (c->kind >= RF_COND_BITS) {
        c->mask = use(kit, c->width);
        if (kit_below(kit, 2)) c->mask &= kit_random(kit);
        if (kit_below(kit, 2)) c->mask &= kit_random(kit);
        if (c->kind == RF_COND_BITS)
            c->value = 0;
        else if (kit_below(kit, 16))
            c->value &= c->mask;
    }
    return c;
}

const struct rf_cond *kit_cond(struct kit *kit, uint32_t depth) {
    if (depth == 0 || kit_below(kit, 3) == 0) return random_test(kit);
    struct rf_cond *c = RF_NEW(kit->arena, struct rf_cond);
    c->kind = kit_below(kit, 3);
    c->left = kit_cond(kit, depth - 1);
    if (c->kind != RF_COND_NOT) c->right = kit_cond(kit, depth - 1);
    return c;
}

static struct rf_action random_action(struct kit *kit) {
    static const uint32_t errors[] = {1, 13, 38, 4095};
    struct rf_action a = {kit_below(kit, RF_ACT_KILL + 1), 0};
    if (a.kind == RF_ACT_NOTIFY && kit->no_notify) a.kind = RF_ACT_LOG;
    if (a.kind == RF_ACT_ERRNO) a.error = errors[kit_below(kit, 4)];
    return a;
}

static int by_number(const void *a, const void *b) {
    const struct rf_call_rules *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

static uint32_t random_number(struct kit *kit, uint32_t numbers) {
    static const uint32_t far[] = {RF_ARM_PRIVATE + 1, RF_ARM_PRIVATE + 2, RF_ARM_PRIVATE + 3, 0x3fffffff,
                                   0x40000000,         0x40000001,         0x7fffffff,         0xffffffff};
    return kit_below(kit, 24) ? kit_below(kit, numbers) : far[kit_below(kit, sizeof far / sizeof *far)];
}

static struct rf_seccomp one_abi(struct kit *kit, enum rf_machine machine, struct kit_shape shape) {
    static const uint32_t kernels[] = {RF_RELEASE(2, 4), RF_RELEASE(5, 10), RF_RELEASE(6, 1), RF_RELEASE(6, 18),
                                       RF_RELEASE(7, 1)};
    struct rf_seccomp p = {.machine = machine, .kernel = kernels[kit_below(kit, 16) ? 1 + kit_below(kit, 4) : 0]};
    p.fallback = random_action(kit);
    p.unknown = kit_below(kit, 2) ? p.fallback : random_action(kit);
    size_t count = kit_below(kit, shape.calls + 1);
    struct rf_call_rules *calls = rf_arena_alloc(kit->arena, count * sizeof *calls);
    for (size_t i = 0; i < count; i++) {
        calls[i].number = random_number(kit, shape.numbers);
        if (machine == RF_X32 && kit_below(kit, 16)) calls[i].number |= RF_X32_BIT;
        calls[i].count = kit_below(kit, shape.rules + 1);
        struct rf_rule *rules = rf_arena_alloc(kit->arena, calls[i].count * sizeof *rules);
        for (size_t j = 0; j < calls[i].count; j++)
            rules[j] = (struct rf_rule){kit_below(kit, 5) ? kit_cond(kit, kit_below(kit, shape.depth + 1)) : NULL,
                                        random_action(kit)};
        calls[i].rules = rules;
    }
    qsort(calls, count, sizeof *calls, by_number);
    for (size_t i = 0; i < count; i++)
        if (p.count == 0 || calls[p.count - 1].number != calls[i].number) calls[p.count++] = calls[i];
    p.calls = calls;
    return p;
}

struct rf_seccomp kit_policy(struct kit *kit, enum rf_machine machine, struct kit_shape shape) {
    kit->used_count = 0;
    struct rf_seccomp p = one_abi(kit, machine, shape);
    for (unsigned abi = RF_MACHINES; shape.compat && abi < RF_ABIS; abi++) {
        if (rf_machine_info[abi].carrier != machine || kit_below(kit, 3) == 0) continue;
        struct rf_seccomp *further = RF_NEW(kit->arena, struct rf_seccomp);
        *further = one_abi(kit, (enum rf_machine)abi, shape);
        further->compat = p.compat;
        p.compat = further;
    }
    if (!shape.compat || kit_below(kit, 2)) return p;
    uint32_t *hot = rf_arena_alloc(kit->arena, rf_syscall_count * sizeof *hot);
    for (size_t i = 0; i < rf_syscall_count; i++) hot[i] = kit_below(kit, 4) ? 0 : kit_below(kit, 1000000000);
    p.hot = hot;
    return p;
}

static const struct rf_seccomp *some_abi(struct kit *kit, const struct rf_seccomp *policy) {
    while (policy->compat && kit_below(kit, 2)) policy = policy->compat;
    return policy;
}

struct rf_seccomp_data kit_input(struct kit *kit, const struct rf_seccomp *policy) {
    policy = some_abi(kit, policy);
    struct rf_seccomp_data d = {.arch = rf_machine_info[policy->machine].audit_arch};
    if (kit_below(kit, 32) == 0) d.arch = kit_below(kit, 2) ? (uint32_t)kit_random(kit) : d.arch ^ 0x40000000;
    if (policy->count && kit_below(kit, 4))
        d.number = policy->calls[kit_below(kit, (uint32_t)policy->count)].number;
    else
        d.number = random_number(kit, 90) | (policy->machine == RF_X32 && kit_below(kit, 8) ? RF_X32_BIT : 0);
    if (kit_below(kit, 8) == 0) d.number += kit_below(kit, 3) - 1;
    d.instruction_pointer = kit_random(kit);
    for (int i = 0; i < 6; i++) {
        d.args[i] = value_near(kit);
        switch (kit_below(kit, 8)) { /* what lies above the width must not matter */
        case 0: d.args[i] |= (kit_random(kit) << 32); break;
        case 1: d.args[i] = (d.args[i] & 0xffff) | (kit_random(kit) << 16); break;
        case 2: d.args[i] = (d.args[i] & UINT32_MAX) | value_near(kit) << 32; break;
        default: break;
        }
    }
    return d;
}

#define ORDERED(type)                                                                                                  \
    do {                                                                                                               \
        type x = (type)argument, value = (type)c->value, high = (type)c->high;                                         \
        switch (c->kind) {                                                                                             \
        case RF_COND_LT: return x < value;                                                                             \
        case RF_COND_LE: return x <= value;                                                                            \
        case RF_COND_GT: return x > value;                                                                             \
        case RF_COND_GE: return x >= value;                                                                            \
        default: return value <= x && x <= high;                                                                       \
        }                                                                                                              \
    } while (0)

bool kit_holds(const struct rf_cond *c, const struct rf_seccomp_data *data) {
    if (c->kind == RF_COND_AND) return kit_holds(c->left, data) && kit_holds(c->right, data);
    if (c->kind == RF_COND_OR) return kit_holds(c->left, data) || kit_holds(c->right, data);
    if (c->kind == RF_COND_NOT) return !kit_holds(c->left, data);
    uint64_t argument = data->args[c->argument] & ones(c->width);
    switch (c->kind) {
    case RF_COND_EQ: return argument == c->value;
    case RF_COND_NE: return argument != c->value;
    case RF_COND_BITS: return argument & c->mask;
    case RF_COND_BITS_EQ: return (argument & c->mask) == c->value;
    case RF_COND_BITS_NE: return (argument & c->mask) != c->value;
    default: break;
    }
    if (c->width == 16 && c->is_signed) ORDERED(int16_t);
    if (c->width == 16) ORDERED(uint16_t);
    if (c->width == 32 && c->is_signed) ORDERED(int32_t);
    if (c->width == 32) ORDERED(uint32_t);
    if (c->is_signed) ORDERED(int64_t);
    ORDERED(uint64_t);
}

static uint32_t ret_of(struct rf_action a) {
    switch (a.kind) {
    case RF_ACT_ALLOW: return SECCOMP_RET_ALLOW;
    case RF_ACT_LOG: return SECCOMP_RET_LOG;
    case RF_ACT_NOTIFY: return SECCOMP_RET_USER_NOTIF;
    case RF_ACT_ERRNO: return SECCOMP_RET_ERRNO + a.error;
    default: return SECCOMP_RET_KILL_PROCESS;
    }
}

/* The ABI of a call, by its architecture word and, on x86_64, the bit that x32 sets. */
static const struct rf_seccomp *abi_of(const struct rf_seccomp *policy, const struct rf_seccomp_data *data) {
    enum rf_machine abi;
    switch (data->arch) {
    case AUDIT_ARCH_X86_64: abi = data->number >> 30 ? RF_X32 : RF_X86_64; break;
    case AUDIT_ARCH_I386: abi = RF_I386; break;
    case AUDIT_ARCH_AARCH64: abi = RF_AARCH64; break;
    case AUDIT_ARCH_ARM: abi = RF_ARM; break;
    case AUDIT_ARCH_RISCV64: abi = RF_RISCV64; break;
    default: return NULL;
    }
    while (policy && policy->machine != abi) policy = policy->compat;
    return policy;
}

uint32_t kit_answer(const struct rf_seccomp *policy, const struct rf_seccomp_data *data) {
    policy = abi_of(policy, data);
    if (!policy) return SECCOMP_RET_KILL_PROCESS;
    /* SECCOMP_RET_* as signed numbers: the lower, the stricter, so the least match wins, and of two errnos
     * the smaller one */
    bool matched = false;
    int32_t best = 0;
    for (size_t i = 0; i < policy->count; i++) {
        const struct rf_call_rules *call = &policy->calls[i];
        for (size_t j = 0; call->number == data->number && j < call->count; j++) {
            if (call->rules[j].when && !kit_holds(call->rules[j].when, data)) continue;
            int32_t ret = (int32_t)ret_of(call->rules[j].action);
            if (!matched || ret < best) best = ret;
            matched = true;
        }
    }
    if (matched) return (uint32_t)best;
    for (size_t i = 0; i < rf_syscall_count; i++)
        if (rf_syscalls[i].number[policy->machine] >= 0 && rf_syscalls[i].since <= policy->kernel &&
            (uint32_t)rf_syscalls[i].number[policy->machine] == data->number)
            return ret_of(policy->fallback);
    return ret_of(policy->unknown);
}
