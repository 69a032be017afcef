/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

/* INDEX_type_member numbers the fields through all sections; BEFORE_ steps back by one, so that FIRST_ takes no
 * number of its own. */
enum {
#define SECTION(type, record, fewest, most)     FIRST_##type, BEFORE_##type = FIRST_##type - 1,
#define FIELD(type, record, member, kind, most) INDEX_##type##_##member,
#include "sections.def"
    FIELD_COUNT
};

const struct rf_field rf_layout_fields[FIELD_COUNT] = {
#define FIELD(type, record, member, kind, most) {offsetof(record, member), RF_KIND_##kind, most},
#include "sections.def"
};

const struct rf_layout rf_layout_sections[RF_SECTION_END + 1] = {
#define SECTION(type, record, fewest, most) [RF_##type] = {sizeof(record), FIRST_##type, fewest, most},
#include "sections.def"
    [RF_SECTION_END] = {0, FIELD_COUNT, 0, 0},
};

/* The bytes are the contract: a compiler that lays these out otherwise must not build a reader. */
_Static_assert(sizeof(struct rf_header) == 80 && offsetof(struct rf_header, identity) == 48, "header");
_Static_assert(sizeof(struct rf_section) == 16, "section");
_Static_assert(sizeof(struct rf_text) == 24 && sizeof(struct rf_insn) == 8, "text, instruction");
_Static_assert(sizeof(struct rf_parameter) == 32 && sizeof(struct rf_namespaces) == 48, "parameter, namespaces");
_Static_assert(sizeof(struct rf_join) == 16 && sizeof(struct rf_id_map) == 16, "join, id map");
_Static_assert(sizeof(struct rf_root) == 40 && sizeof(struct rf_mount) == 64, "root, mount");
_Static_assert(sizeof(struct rf_device) == 24 && sizeof(struct rf_limit) == 40, "device, limit");
_Static_assert(sizeof(struct rf_io) == 56 && sizeof(struct rf_process) == 32, "io, process");
_Static_assert(sizeof(struct rf_pass_env) == 16 && sizeof(struct rf_rlimit) == 24, "pass_env, rlimit");
_Static_assert(sizeof(struct rf_group) == 8 && sizeof(struct rf_confine) == 40, "group, confine");
_Static_assert(sizeof(struct rf_landlock) == 16 && sizeof(struct rf_landlock_path) == 16, "landlock");
_Static_assert(sizeof(struct rf_cgroup) == 24 && sizeof(struct rf_fill) == 32, "cgroup, fill");
_Static_assert(sizeof(struct rf_map_file) == 40 && sizeof(struct rf_map_entry) == 24, "source map");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the bytes are little-endian and used in place");
