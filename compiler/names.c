/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"
#include "diag.h"
#include "tables/tables.h"

#include <ctype.h>
#include <string.h>
#include <sys/capability.h>

#define CAPABILITIES_MAX 64u

/* libcap's names, turned into upper case without cap_. */
static char capability_names[CAPABILITIES_MAX][32];
static unsigned capability_count;

static void fill_capabilities(void) {
    while (capability_count < CAPABILITIES_MAX) {
        char *name = cap_to_name((cap_value_t)capability_count);
        bool known = name && strncmp(name, "cap_", 4) == 0 && strlen(name) < sizeof capability_names[0];
        if (known)
            for (size_t i = 0; name[i + 4]; i++)
                capability_names[capability_count][i] = (char)toupper((unsigned char)name[i + 4]);
        cap_free(name);
        if (!known) break;
        capability_count++;
    }
}

const char *rf_name_capability_at(unsigned n) {
    if (!capability_count) fill_capabilities();
    return n < capability_count ? capability_names[n] : NULL;
}

int rf_name_capability(const char *name) {
    if (!capability_count) fill_capabilities();
    for (unsigned i = 0; i < capability_count; i++)
        if (strcmp(capability_names[i], name) == 0) return (int)i;
    return -1;
}

static const struct device_info devices[] = {
#define DEVICE(name, major, minor, mode) {name, major, minor, mode},
#include "tables/names.def"
};

int rf_name_device(const char *name) {
    for (int i = 0; rf_name_device_at(i); i++)
        if (strcmp(devices[i].name, name) == 0) return i;
    return -1;
}

const struct device_info *rf_name_device_at(int n) {
    return n >= 0 && (size_t)n < sizeof devices / sizeof *devices ? &devices[n] : NULL;
}

static const struct rlimit_info rlimits[] = {
#define RLIMIT(name, number, unit) {name, number, RLIMIT_##unit},
#include "tables/names.def"
};

const struct rlimit_info *rf_name_rlimit_at(unsigned n) {
    return n < sizeof rlimits / sizeof *rlimits ? &rlimits[n] : NULL;
}

const struct rlimit_info *rf_name_rlimit(const char *name) {
    for (unsigned i = 0; rf_name_rlimit_at(i); i++)
        if (strcmp(rlimits[i].name, name) == 0) return &rlimits[i];
    return NULL;
}

static const struct numbered signals[] = {
#define SIGNAL(name, number) {name, number},
#include "tables/names.def"
};
static const struct numbered securebits[] = {
#define SECUREBIT(name, mask) {name, mask},
#include "tables/names.def"
};

const struct numbered *rf_name_signal_at(unsigned n) {
    return n < sizeof signals / sizeof *signals ? &signals[n] : NULL;
}

const struct numbered *rf_name_securebit_at(unsigned n) {
    return n < sizeof securebits / sizeof *securebits ? &securebits[n] : NULL;
}

enum sysctl_owner rf_name_sysctl(const char *path) {
    static const struct {
        const char *path;
        enum sysctl_owner owner;
    } sysctls[] = {
#define SYSCTL(path, owner) {path, SYSCTL_##owner},
#include "tables/names.def"
    };
    for (size_t i = 0; i < sizeof sysctls / sizeof *sysctls; i++) {
        size_t n = strlen(sysctls[i].path);
        bool all = sysctls[i].path[n - 1] == '/';
        if (strncmp(path, sysctls[i].path, n) == 0 && (all || path[n] == 0)) return sysctls[i].owner;
    }
    return SYSCTL_HOST;
}

bool rf_name_is_env(const char *name) {
    size_t n = strlen(name);
    if (n < 1 || n > 255 || isdigit((unsigned char)name[0])) return false;
    for (size_t i = 0; i < n; i++)
        if (name[i] != '_' && !(isalnum((unsigned char)name[i]) && (unsigned char)name[i] < 0x80)) return false;
    return true;
}

const char *rf_name_guess_call(const char *word, size_t length) {
    struct guess guess;
    rf_guess_init(&guess, word, length);
    for (size_t i = 0; i < rf_syscall_count; i++) rf_guess_try(&guess, rf_syscalls[i].name);
    return guess.best;
}
