/* SPDX-License-Identifier: Apache-2.0 */
#include "moby_profile.h"

#include <jansson.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

static _Noreturn __attribute__((format(printf, 1, 2))) void refuse(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("profile: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

static const char *text_of(const json_t *value, const char *what) {
    const char *text = json_string_value(value);
    if (!text) refuse("%s is not a string", what);
    return text;
}

/* Refuses members that it does not know: skipping one would change the meaning. */
static void only_members(json_t *object, const char *what, const char *known) {
    const char *key;
    json_t *value;
    if (!json_is_object(object)) refuse("%s is not an object", what);
    json_object_foreach(object, key, value) {
        char wrapped[64];
        int n = snprintf(wrapped, sizeof wrapped, " %s ", key);
        if (n < 0 || (size_t)n >= sizeof wrapped || !strstr(known, wrapped))
            refuse("%s has an unknown '%s'", what, key);
    }
}

static uint32_t errno_of(json_t *value, uint32_t otherwise) {
    if (!value) return otherwise;
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 1 || number > 4095) refuse("an errno is not 1..4095");
    return (uint32_t)number;
}

static uint32_t action_of(const char *name, json_t *number) {
    if (strcmp(name, "SCMP_ACT_ERRNO") == 0) return SECCOMP_RET_ERRNO | errno_of(number, 1);
    if (number) refuse("an errno for action %s", name);
    if (strcmp(name, "SCMP_ACT_ALLOW") == 0) return SECCOMP_RET_ALLOW;
    if (strcmp(name, "SCMP_ACT_LOG") == 0) return SECCOMP_RET_LOG;
    if (strcmp(name, "SCMP_ACT_KILL_PROCESS") == 0) return SECCOMP_RET_KILL_PROCESS;
    refuse("unknown action %s", name);
}

static bool has_cap(const struct moby_host *host, const char *name) {
    cap_value_t number;
    if (cap_from_name(name, &number) != 0) refuse("unknown capability %s", name);
    return host->capabilities >> number & 1;
}

static bool is_arch(const struct moby_host *host, const char *name) {
    return strcmp(name, host->go_arch) == 0;
}

/* How many of a list of names are the host's: capabilities, or the machine. */
static size_t ours(const struct moby_host *host, json_t *list, bool (*has)(const struct moby_host *, const char *)) {
    size_t i, found = 0;
    json_t *value;
    if (list && !json_is_array(list)) refuse("a list of includes or excludes is none");
    json_array_foreach(list, i, value) found += has(host, text_of(value, "an include or exclude"));
    return found;
}

static bool fits(json_t *entry, const struct moby_host *host) {
    json_t *includes = json_object_get(entry, "includes"), *excludes = json_object_get(entry, "excludes");
    if (excludes) {
        only_members(excludes, "excludes", " caps arches ");
        if (ours(host, json_object_get(excludes, "caps"), has_cap)) return false;
        if (ours(host, json_object_get(excludes, "arches"), is_arch)) return false;
    }
    if (!includes) return true;
    only_members(includes, "includes", " caps arches minKernel ");
    json_t *caps = json_object_get(includes, "caps"), *arches = json_object_get(includes, "arches");
    if (ours(host, caps, has_cap) != json_array_size(caps)) return false;
    if (json_array_size(arches) && !ours(host, arches, is_arch)) return false;
    json_t *kernel = json_object_get(includes, "minKernel");
    unsigned major, minor;
    if (!kernel) return true;
    if (sscanf(text_of(kernel, "minKernel"), "%u.%u", &major, &minor) != 2) refuse("minKernel is not MAJOR.MINOR");
    return host->kernel >= (major << 16 | minor);
}

static uint64_t number_of(json_t *value, const char *what) {
    if (!value) return 0;
    if (!json_is_integer(value) || json_integer_value(value) < 0) refuse("%s is not a number below 2^63", what);
    return (uint64_t)json_integer_value(value);
}

static struct moby_condition condition_of(json_t *argument) {
    static const char *const ops[] = {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};
    only_members(argument, "a condition", " index value valueTwo op ");
    struct moby_condition c = {.value = number_of(json_object_get(argument, "value"), "a value"),
                               .second = number_of(json_object_get(argument, "valueTwo"), "a second value")};
    uint64_t index = number_of(json_object_get(argument, "index"), "an index");
    if (index > 5) refuse("index %llu", (unsigned long long)index);
    c.index = (unsigned)index;
    const char *name = text_of(json_object_get(argument, "op"), "op");
    if (strncmp(name, "SCMP_CMP_", 9) != 0) refuse("unknown comparison %s", name);
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (strcmp(name + 9, ops[i]) != 0) continue;
        c.op = (enum moby_op)i;
        return c;
    }
    refuse("unknown comparison %s", name);
}

/* One entry of the file: an entry of ours for each of its names. */
static void keep(struct moby_profile *profile, json_t *json) {
    struct moby_entry entry = {
        .action = action_of(text_of(json_object_get(json, "action"), "action"), json_object_get(json, "errnoRet"))};
    size_t i;
    json_t *value;
    unsigned seen = 0;
    json_array_foreach(json_object_get(json, "args"), i, value) {
        if (entry.count == 6) refuse("more than six conditions");
        struct moby_condition c = condition_of(value);
        /* runc ORs two conditions on one argument, the specification ANDs them: no meaning to compare with. */
        if (seen >> c.index & 1) refuse("two conditions on one argument in one entry");
        seen |= 1u << c.index;
        entry.conditions[entry.count++] = c;
    }
    json_t *names = json_object_get(json, "names");
    if (!json_is_array(names)) refuse("an entry without names");
    json_array_foreach(names, i, value) {
        entry.call = text_of(value, "a name");
        profile->entries = realloc(profile->entries, (profile->count + 1) * sizeof entry);
        if (!profile->entries) refuse("out of memory");
        profile->entries[profile->count++] = entry;
    }
}

static int by_call(const void *a, const void *b) {
    return strcmp(((const struct moby_entry *)a)->call, ((const struct moby_entry *)b)->call);
}

struct moby_profile moby_profile_read(const char *path, const struct moby_host *host) {
    struct moby_profile profile = {0};
    json_error_t error;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!root) refuse("%s:%d: %s", path, error.line, error.text);
    profile.root = root;
    only_members(root, "the profile", " defaultAction defaultErrnoRet archMap syscalls ");
    profile.fallback = action_of(text_of(json_object_get(root, "defaultAction"), "defaultAction"),
                                 json_object_get(root, "defaultErrnoRet"));
    json_t *syscalls = json_object_get(root, "syscalls"), *entry;
    size_t i;
    if (!json_is_array(syscalls)) refuse("syscalls is not a list");
    json_array_foreach(syscalls, i, entry) {
        only_members(entry, "an entry", " names action errnoRet args comment includes excludes ");
        if (fits(entry, host)) keep(&profile, entry);
    }
    if (profile.count) qsort(profile.entries, profile.count, sizeof profile.entries[0], by_call);
    return profile;
}

void moby_profile_free(struct moby_profile *profile) {
    json_decref(profile->root);
    free(profile->entries);
    *profile = (struct moby_profile){0};
}

static bool holds(const struct moby_condition *c, uint64_t argument) {
    switch (c->op) {
    case MOBY_NE: return argument != c->value;
    case MOBY_LT: return argument < c->value;
    case MOBY_LE: return argument <= c->value;
    case MOBY_EQ: return argument == c->value;
    case MOBY_GE: return argument >= c->value;
    case MOBY_GT: return argument > c->value;
    case MOBY_MASKED_EQ: return (argument & c->value) == c->second;
    }
    abort();
}

size_t moby_profile_first(const struct moby_profile *profile, const char *call) {
    size_t low = 0, high = profile->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(profile->entries[middle].call, call) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t moby_profile_answer(const struct moby_profile *profile, const char *call, const uint64_t args[6]) {
    const struct moby_entry *matched = NULL;
    for (size_t i = moby_profile_first(profile, call); i < profile->count; i++) {
        const struct moby_entry *entry = &profile->entries[i];
        if (strcmp(entry->call, call) != 0) break;
        bool all = true;
        for (size_t c = 0; c < entry->count && all; c++)
            all = holds(&entry->conditions[c], args[entry->conditions[c].index]);
        if (!all) continue;
        if (matched && matched->action != entry->action) refuse("two actions for one input of %s", call);
        matched = entry;
    }
    return matched ? matched->action : profile->fallback;
}
