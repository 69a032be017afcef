/* SPDX-License-Identifier: Apache-2.0 */
/* groups: what a policy's "@name" stands for. */
#include "commands.h"

#include <stdlib.h>
#include <string.h>

struct member {
    const char *name;
    uint32_t since;
    const char *through; /* the nested group, or NULL */
};

static void add(struct rf_arena *arena, struct member **list, size_t *count, struct member m) {
    for (size_t i = 0; i < *count; i++) {
        struct member *old = &(*list)[i];
        if (strcmp(old->name, m.name) != 0) continue;
        if (m.since < old->since) *old = m; /* whichever lets it in first */
        return;
    }
    RF_PUSH(arena, *list, *count, m);
}

/* As the binder expands it: a nested group's call joins with the later of the two lines. */
static void expand(struct rf_arena *arena, const struct rf_group_info *group, uint32_t since, const char *through,
                   struct member **list, size_t *count) {
    for (size_t i = 0; i < group->count; i++) {
        const struct rf_group_line *line = &group->lines[i];
        uint32_t joined = line->since > since ? line->since : since;
        if (line->name[0] == '@')
            expand(arena, rf_group_find(line->name + 1, strlen(line->name) - 1), joined, through ? through : line->name,
                   list, count);
        else
            add(arena, list, count, (struct member){line->name, joined, through});
    }
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static bool read_kernel(const char *text, uint32_t *kernel) {
    unsigned major, minor;
    char rest;
    if (sscanf(text, "v%2u.%2u%c", &major, &minor, &rest) != 2) return false;
    *kernel = RF_RELEASE(major, minor);
    return *kernel <= RF_NEWEST_KERNEL;
}

static int print_group(const struct rf_group_info *group, uint32_t kernel) {
    struct rf_arena *arena = rf_arena_new();
    struct member *list = NULL;
    size_t count = 0, shown = 0;
    expand(arena, group, 0, NULL, &list, &count);
    if (count) qsort(list, count, sizeof *list, by_name);
    printf("@%s: %s\n", group->name, group->why);
    for (size_t i = 0; i < count; i++) {
        const struct rf_syscall *call = rf_syscall_find(list[i].name, strlen(list[i].name));
        uint32_t since = call->since > list[i].since ? call->since : list[i].since;
        if (since > kernel) continue;
        shown++;
        printf("  %-28s v%u.%u%s%s\n", list[i].name, since >> 16, since & 0xffff, list[i].through ? "  through " : "",
               list[i].through ? list[i].through : "");
    }
    printf("%zu calls\n", shown);
    rf_arena_free(arena);
    return EXIT_CLEAN;
}

int rf_command_groups(const struct options *o) {
    uint32_t kernel = RF_NEWEST_KERNEL;
    if (o->kernel && !read_kernel(o->kernel, &kernel)) {
        fprintf(stderr, "ringfence: '%s' is not a release such as v6.12, v%u.%u at most\n", o->kernel,
                RF_NEWEST_KERNEL >> 16, RF_NEWEST_KERNEL & 0xffff);
        return EXIT_USAGE;
    }
    if (o->operand_count == 0) {
        for (size_t i = 0; i < rf_group_count; i++) printf("@%-15s %s\n", rf_groups[i].name, rf_groups[i].why);
        return EXIT_CLEAN;
    }
    const char *name = o->operands[0] + (o->operands[0][0] == '@');
    const struct rf_group_info *group = rf_group_find(name, strlen(name));
    if (group) return print_group(group, kernel);
    struct guess guess;
    rf_guess_init(&guess, name, strlen(name));
    for (size_t i = 0; i < rf_group_count; i++) rf_guess_try(&guess, rf_groups[i].name);
    fputs("ringfence: there is no group '", stderr);
    rf_diag_put(stderr, name);
    fprintf(stderr, guess.best ? "': did you mean '@%s'?\n" : "': `ringfence groups` lists them\n", guess.best);
    return EXIT_USAGE;
}
