/* SPDX-License-Identifier: Apache-2.0 */
#include "shipped.h"

#include <string.h>

void shipped_each(int argc, char **argv, void (*look)(struct rf_arena *arena, const struct lower *policy)) {
    const char *include[8];
    size_t includes = 0;
    int at = 1;
    for (; at + 1 < argc && strcmp(argv[at], "-I") == 0 && includes < 8; at += 2) include[includes++] = argv[at + 1];
    if (at >= argc) {
        fprintf(stderr, "usage: %s [-I DIR]... POLICY...\n", argv[0]);
        exit(2);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (; at < argc; at++) {
        struct rf_arena *arena = rf_arena_new();
        struct diags diags;
        struct blob blob;
        rf_diags_init(&diags, arena);
        struct compile_context c = {.arena = arena, .diags = &diags, .include = include, .include_count = includes};
        const struct lower *policy = rf_compile_lowered(&c, argv[at], &blob);
        if (!policy) {
            rf_diags_print(&diags, stderr, false);
            exit(1);
        }
        look(arena, policy);
        rf_arena_free(arena);
    }
}

static void learn_cond(struct kit *kit, const struct rf_cond *c) {
    if (c->left) learn_cond(kit, c->left);
    if (c->right) learn_cond(kit, c->right);
    const uint64_t values[] = {c->value, c->high, c->mask, ~c->mask};
    for (size_t i = 0; !c->left && i < 4 && kit->used_count < sizeof kit->used / sizeof *kit->used; i++)
        kit->used[kit->used_count++] = values[i];
}

void shipped_learn(struct kit *kit, const struct rf_seccomp *policy) {
    for (; policy; policy = policy->compat)
        for (size_t i = 0; i < policy->count; i++)
            for (size_t r = 0; r < policy->calls[i].count; r++)
                if (policy->calls[i].rules[r].when) learn_cond(kit, policy->calls[i].rules[r].when);
}
