/* SPDX-License-Identifier: Apache-2.0 */
/* A valid plan that uses every section, for the tests of the blob to build, damage and compare. */
#ifndef RF_TEST_BLOB_SAMPLE_H
#define RF_TEST_BLOB_SAMPLE_H

#include "build.h"

struct sample {
    struct rf_plan plan;
    struct rf_pool pool;
    struct rf_parameter parameters[5];
    struct rf_namespaces namespaces;
    struct rf_join joins[2];
    struct rf_id_map id_maps[2];
    struct rf_root root;
    struct rf_mount mounts[4];
    struct rf_path masks[2];
    struct rf_path read_only[2];
    struct rf_device devices[2];
    struct rf_limit limits[4];
    struct rf_io io[2];
    struct rf_process process;
    struct rf_arg args[4];
    struct rf_arg env[3];
    struct rf_pass_env pass_env[2];
    struct rf_group groups[2];
    struct rf_rlimit rlimits[2];
    struct rf_confine confine;
    struct rf_landlock landlock;
    struct rf_landlock_path landlock_paths[2];
    struct rf_landlock_port landlock_ports[2];
    struct rf_attend attend;
    struct rf_insn filters[3][7];
    struct rf_tuning tuning[4];
    struct rf_bits cpus[2];
    struct rf_bits nodes[1];
    struct rf_domainname domainname;
    struct rf_sysctl sysctls[2];
    struct rf_cgroup cgroup;
    struct rf_fill fills[4];
    struct rf_service service;
    struct rf_keep_fd keep_fds[2];
    struct rf_map_file map_files[2];
    struct rf_map_entry map_entries[8];
};

/* A file's bytes, aligned as rf_view_open() wants them. */
struct bytes {
    _Alignas(8) uint8_t at[RF_BLOB_MAX + 8];
    size_t length;
};

/* The sample's strings go to its pool unless they are there already; the pool's content is kept. */
void sample_fill(struct sample *s);
struct rf_str sample_str(struct sample *s, const char *text);
struct rf_text sample_text(struct sample *s, const char *prefix, uint32_t parameter, const char *suffix);

/* A mount namespace that is not ours: nothing mounted, nothing masked. */
void sample_keep_root(struct sample *s);

void sample_sha256(const void *bytes, size_t n, uint8_t digest[32]);
enum rf_blob_error sample_build(const struct sample *s, struct bytes *out);

/* The sample's blob; the test fails if it cannot be built. */
void sample_bytes(struct bytes *out);

/* Makes the checksums right again after a change. */
void sample_sum(struct bytes *b);

static inline struct rf_header *sample_header(struct bytes *b) {
    return (struct rf_header *)b->at;
}
/* A section's entry in the table; the test fails if it has none. */
struct rf_section *sample_section(struct bytes *b, uint32_t type);
/* The bytes of record i of a section. */
void *sample_record(struct bytes *b, uint32_t type, uint32_t i);

#endif
