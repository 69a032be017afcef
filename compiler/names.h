/* SPDX-License-Identifier: Apache-2.0 */
/* Small name tables: capabilities (libcap), devices and resource limits (tables/names.def). */
#ifndef RF_NAMES_H
#define RF_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Number of a capability written without CAP_ in upper case; -1 if unknown. */
int rf_name_capability(const char *name);
/* Name of capability n as written in policies, or NULL: the first NULL ends the list. */
const char *rf_name_capability_at(unsigned n);

struct device_info {
    const char *name;
    uint32_t major, minor, mode;
};
int rf_name_device(const char *name); /* its place in the list, or -1 */
const struct device_info *rf_name_device_at(int n);

enum rlimit_unit { RLIMIT_BYTES, RLIMIT_COUNT, RLIMIT_SECONDS, RLIMIT_MICROSECONDS };
struct rlimit_info {
    const char *name;
    uint32_t number;
    enum rlimit_unit unit;
};
const struct rlimit_info *rf_name_rlimit(const char *name);
const struct rlimit_info *rf_name_rlimit_at(unsigned n);

/* Signals that can be ignored, without SIG; securebits, as masks. NULL ends the list. */
struct numbered {
    const char *name;
    uint32_t number;
};
const struct numbered *rf_name_signal_at(unsigned n);
const struct numbered *rf_name_securebit_at(unsigned n);

enum sysctl_owner { SYSCTL_HOST, SYSCTL_NETWORK, SYSCTL_IPC, SYSCTL_USER, SYSCTL_HOSTNAME, SYSCTL_DOMAINNAME };
/* Whose a sysctl is, by its path below /proc/sys. */
enum sysctl_owner rf_name_sysctl(const char *path);

/* Letters, digits and '_', no digit first, at most 255. */
bool rf_name_is_env(const char *name);

/* The system call whose name is nearest to a misspelt one, or NULL. */
const char *rf_name_guess_call(const char *word, size_t length);

#endif
