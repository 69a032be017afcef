/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A moby seccomp profile (JSON), read for one machine and evaluated by its meaning in runc: entries whose
 * includes and excludes fit are kept; within an entry all conditions must hold; entries of one call are
 * ORed; with no match the default.  Numbers are compared as unsigned 64-bit ones.
 */
#ifndef MOBY_PROFILE_H
#define MOBY_PROFILE_H

#include <stddef.h>
#include <stdint.h>

enum moby_op { MOBY_NE, MOBY_LT, MOBY_LE, MOBY_EQ, MOBY_GE, MOBY_GT, MOBY_MASKED_EQ };

struct moby_condition {
    enum moby_op op;
    unsigned index;
    uint64_t value, second; /* MASKED_EQ: (argument & value) == second */
};

struct moby_entry {
    const char *call;
    uint32_t action; /* SECCOMP_RET_* word */
    struct moby_condition conditions[6];
    size_t count;
};

struct moby_profile {
    void *root; /* holds the texts of the entries */
    uint32_t fallback;
    struct moby_entry *entries; /* ascending by call */
    size_t count;
};

/* What the profile's includes and excludes ask about. */
struct moby_host {
    const char *go_arch;   /* Go's name of the machine: "amd64" */
    uint64_t capabilities; /* of the container, a bit each */
    uint32_t kernel;       /* RF_RELEASE */
};

/* Reads the file as it is for a container on a host.  Anything not understood ends the process with exit code 2 and
 * one line. */
struct moby_profile moby_profile_read(const char *path, const struct moby_host *host);
void moby_profile_free(struct moby_profile *profile);

/* Index of the first entry of a call, or of where it would stand. */
size_t moby_profile_first(const struct moby_profile *profile, const char *call);

/* The answer for a call by name.  Two entries that match with different actions end the process with
 * exit code 2: their order in libseccomp is not a meaning that this evaluator knows. */
uint32_t moby_profile_answer(const struct moby_profile *profile, const char *call, const uint64_t args[6]);

#endif
