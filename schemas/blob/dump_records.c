/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of many records in words: one function each. */
#include <inttypes.h>

#include "words.h"

static const char *const rlimits[16] = {"RLIMIT_CPU",      "RLIMIT_FSIZE", "RLIMIT_DATA",   "RLIMIT_STACK",
                                        "RLIMIT_CORE",     "RLIMIT_RSS",   "RLIMIT_NPROC",  "RLIMIT_NOFILE",
                                        "RLIMIT_MEMLOCK",  "RLIMIT_AS",    "RLIMIT_LOCKS",  "RLIMIT_SIGPENDING",
                                        "RLIMIT_MSGQUEUE", "RLIMIT_NICE",  "RLIMIT_RTPRIO", "RLIMIT_RTTIME"};
#define RLIMITS_OF_BYTES 0x133eu /* FSIZE DATA STACK CORE RSS MEMLOCK AS MSGQUEUE */

static void say_parameter(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    static const char *const types[] = {"",
                                        "path",
                                        "name",
                                        "number",
                                        "IPv4 address",
                                        "IPv6 address",
                                        "IPv4 address with prefix length",
                                        "IPv6 address with prefix length"};
    const struct rf_parameter *p = RF_RECORD(v, PARAMETERS, struct rf_parameter, i);
    rf_words_say(w, "parameter ");
    rf_words_word(w, v, p->name);
    rf_words_say(w, ": %s", types[p->type]);
    if (p->type <= RF_PARAM_NAME) rf_words_say(w, " of at most %" PRIu32 " bytes", p->max_length);
    if (!rf_text_absent(p->under)) {
        rf_words_say(w, p->type == RF_PARAM_PATH ? ", under " : ", within ");
        if (p->type == RF_PARAM_PATH)
            rf_words_word(w, v, p->under);
        else
            rf_words_bytes(w, rf_view_string(v, p->under), p->under.length);
    }
    if (rf_text_absent(p->fallback)) {
        rf_words_say(w, ", required");
    } else {
        rf_words_say(w, ", default ");
        rf_words_quoted(w, v, p->fallback);
    }
}

static void say_join(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_join *j = RF_RECORD(v, JOINS, struct rf_join, i);
    rf_words_say(w, "join the ");
    SAY_BITS(w, j->kind, rf_words_namespaces);
    rf_words_say(w, " namespace of ");
    rf_words_word(w, v, j->path);
}

static void say_id_map(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_id_map *m = RF_RECORD(v, ID_MAPS, struct rf_id_map, i);
    rf_words_say(w, "%s map: %" PRIu32 " inside is %" PRIu32 " outside, %" PRIu32 " ids", m->kind == 0 ? "uid" : "gid",
                 m->inside, m->outside, m->size);
}

static void say_mount(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    static const char *const kinds[] = {
        [RF_MOUNT_BIND] = "bind from ",  [RF_MOUNT_TMPFS] = "tmpfs",          [RF_MOUNT_OVERLAY] = "overlay",
        [RF_MOUNT_CONTENT] = "content ", [RF_MOUNT_DEVPTS] = "own terminals", [RF_MOUNT_MQUEUE] = "message queues",
        [RF_MOUNT_CGROUP] = "cgroup v2"};
    const struct rf_mount *m = RF_RECORD(v, MOUNTS, struct rf_mount, i);
    bool tmpfs = m->kind == RF_MOUNT_TMPFS;
    rf_words_say(w, "mount ");
    rf_words_word(w, v, m->target);
    rf_words_say(w, ": %s", kinds[m->kind]);
    if (m->kind == RF_MOUNT_BIND || m->kind == RF_MOUNT_CONTENT) rf_words_text(w, v, &m->source);
    const struct rf_fill *size = rf_view_fill(v, RF_MOUNTS, i);
    if (size) {
        rf_words_say(w, " of ");
        rf_words_text(w, v, &size->text);
        rf_words_say(w, " bytes");
    } else if (m->size) {
        rf_words_say(w, " of ");
        rf_words_size(w, m->size, rf_words_sizes);
    }
    if (m->inodes) rf_words_say(w, " and %" PRIu32 " inodes", m->inodes);
    rf_words_say(w, m->flags & RF_MOUNT_WRITABLE ? ", writable" : ", read-only");
    if (m->flags & RF_MOUNT_RECURSIVE) rf_words_say(w, ", recursive");
    if (m->flags & RF_MOUNT_NOEXEC) rf_words_say(w, ", noexec");
    if (m->flags & RF_MOUNT_ID_MAP) rf_words_say(w, ", owners by the id maps");
    if (tmpfs || m->kind == RF_MOUNT_CONTENT)
        rf_words_say(w, ", mode %04" PRIo32 ", owner %" PRIu32 ":%" PRIu32, m->mode, m->uid, m->gid);
    if (m->kind == RF_MOUNT_DEVPTS) rf_words_say(w, ", group %" PRIu32, m->gid);
}

static void say_mask(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    rf_words_say(w, "mask ");
    rf_words_word(w, v, RF_RECORD(v, MASKS, struct rf_path, i)->path);
}

static void say_read_only(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    rf_words_say(w, "read-only ");
    rf_words_word(w, v, RF_RECORD(v, READ_ONLY, struct rf_path, i)->path);
}

static void say_device(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_device *d = RF_RECORD(v, DEVICES, struct rf_device, i);
    rf_words_say(w, "device ");
    rf_words_word(w, v, d->name);
    rf_words_say(w, ": character %" PRIu32 ":%" PRIu32 ", mode %04" PRIo32, d->major, d->minor, d->mode);
}

static void say_limit(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    static const char *const controllers[] = {"", "cpu", "memory", "pids"};
    const struct rf_limit *l = RF_RECORD(v, LIMITS, struct rf_limit, i);
    rf_words_say(w, "limit ");
    rf_words_word(w, v, l->file);
    rf_words_say(w, " = ");
    rf_words_filled(w, v, RF_LIMITS, i, l->text);
    if (rf_view_fill(v, RF_LIMITS, i)) {
        if (l->value) rf_words_say(w, " + %" PRIu64, l->value);
    } else if (l->compare == RF_CMP_PAGES) {
        rf_words_say(w, " (");
        if (l->value == RF_UNLIMITED)
            rf_words_say(w, "unlimited");
        else
            rf_words_size(w, l->value, rf_words_sizes);
        rf_words_say(w, ")");
    }
    rf_words_say(w, ", cgroup v%" PRIu32 " %s", l->version, controllers[l->controller]);
    if (l->flags & RF_LIMIT_OPTIONAL) rf_words_say(w, ", optional");
    if (l->flags & RF_LIMIT_IF_SWAP) rf_words_say(w, ", where there is swap");
}

static void say_io(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_io *io = RF_RECORD(v, IO, struct rf_io, i);
    const uint64_t values[] = {io->rbps, io->wbps, io->riops, io->wiops};
    static const char *const ways[] = {"read ", "write "};
    const char *between = ": ";
    rf_words_say(w, "io on ");
    rf_words_text(w, v, &io->device);
    for (size_t k = 0; k < 4; k++) {
        if (values[k] == RF_UNLIMITED) continue;
        rf_words_say(w, "%s%s", between, ways[k % 2]);
        if (k < 2)
            rf_words_size(w, values[k], rf_words_rates);
        else
            rf_words_say(w, "%" PRIu64 " operations/s", values[k]);
        between = ", ";
    }
    if (*between == ':') rf_words_say(w, ": not limited");
}

static void say_arg(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    rf_words_say(w, "argument %" PRIu32 ": ", i);
    rf_words_filled(w, v, RF_ARGS, i, RF_RECORD(v, ARGS, struct rf_arg, i)->text);
}

static void say_env(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    rf_words_say(w, "environment: ");
    rf_words_filled(w, v, RF_ENV, i, RF_RECORD(v, ENV, struct rf_arg, i)->text);
}

static void say_pass_env(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_pass_env *p = RF_RECORD(v, PASS_ENV, struct rf_pass_env, i);
    rf_words_say(w, "environment: ");
    rf_words_word(w, v, p->name);
    rf_words_say(w, " from the launcher%s", p->flags & RF_PASS_ENV_OPTIONAL ? ", optional" : "");
}

static void say_group(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    rf_words_say(w, "supplementary group %" PRIu32, RF_RECORD(v, GROUPS, struct rf_group, i)->gid);
}

static void say_rlimit_value(struct rf_words *w, uint32_t resource, uint64_t value) {
    if (value == RF_UNLIMITED)
        rf_words_say(w, "unlimited");
    else if (RLIMITS_OF_BYTES >> resource & 1)
        rf_words_size(w, value, rf_words_sizes);
    else
        rf_words_say(w, "%" PRIu64, value);
}

static void say_rlimit(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_rlimit *r = RF_RECORD(v, RLIMITS, struct rf_rlimit, i);
    rf_words_say(w, "%s: soft ", rlimits[r->resource]);
    say_rlimit_value(w, r->resource, r->soft);
    rf_words_say(w, ", hard ");
    say_rlimit_value(w, r->resource, r->hard);
}

static void say_landlock_path(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    static const struct rf_bit bits[] = {
        {RF_LANDLOCK_READ, "read"}, {RF_LANDLOCK_WRITE, "write"}, {RF_LANDLOCK_EXECUTE, "execute"}};
    const struct rf_landlock_path *p = RF_RECORD(v, LANDLOCK_PATHS, struct rf_landlock_path, i);
    rf_words_word(w, v, p->path);
    rf_words_say(w, ": ");
    SAY_BITS(w, p->access, bits);
}

static void say_landlock_port(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    static const struct rf_bit bits[] = {{RF_LANDLOCK_CONNECT, "connect"}, {RF_LANDLOCK_BIND, "bind"}};
    const struct rf_landlock_port *p = RF_RECORD(v, LANDLOCK_PORTS, struct rf_landlock_port, i);
    rf_words_say(w, "TCP port %" PRIu32 ": ", p->port);
    SAY_BITS(w, p->access, bits);
}

static void say_keep_fd(struct rf_words *w, const struct rf_view *v, uint32_t i) {
    const struct rf_keep_fd *k = RF_RECORD(v, KEEP_FDS, struct rf_keep_fd, i);
    rf_words_say(w, "descriptor %" PRIu32 ": ", k->fd);
    rf_words_word(w, v, k->name);
}

void (*const rf_dump_records[RF_SECTION_END])(struct rf_words *, const struct rf_view *, uint32_t) = {
    [RF_PARAMETERS] = say_parameter,
    [RF_JOINS] = say_join,
    [RF_ID_MAPS] = say_id_map,
    [RF_MOUNTS] = say_mount,
    [RF_MASKS] = say_mask,
    [RF_READ_ONLY] = say_read_only,
    [RF_DEVICES] = say_device,
    [RF_LIMITS] = say_limit,
    [RF_IO] = say_io,
    [RF_ARGS] = say_arg,
    [RF_ENV] = say_env,
    [RF_PASS_ENV] = say_pass_env,
    [RF_GROUPS] = say_group,
    [RF_RLIMITS] = say_rlimit,
    [RF_LANDLOCK_PATHS] = say_landlock_path,
    [RF_LANDLOCK_PORTS] = say_landlock_port,
    [RF_TUNING] = rf_words_tuning,
    [RF_CPUS] = rf_words_cpus,
    [RF_NODES] = rf_words_nodes,
    [RF_DOMAINNAME] = rf_words_domainname,
    [RF_SYSCTLS] = rf_words_sysctl,
    [RF_KEEP_FDS] = say_keep_fd,
};
