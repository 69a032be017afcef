/* SPDX-License-Identifier: Apache-2.0 */
#include "bases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".ringfence.yaml"

struct chain {
    const struct file *file;
    const struct chain *below;
    unsigned depth;
};

static const char *directory_of(struct rf_arena *arena, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) return ".";
    return slash == path ? "/" : rf_arena_copy(arena, path, (size_t)(slash - path));
}

/* Removes "x/.." and "." so that one file has one label however it was reached. Leading ".." stay, and so does a
 * first component such as <include>: what is beside its folder is not beside the policy. */
static const char *tidy(struct rf_arena *arena, const char *path) {
    size_t n = path[0] == '/', floor = n;
    char *out = rf_arena_alloc(arena, strlen(path) + 2);
    if (floor) out[0] = '/';
    for (const char *p = path + floor; *p;) {
        size_t length = strcspn(p, "/"), last = n;
        while (last > floor && out[last - 1] != '/') last--;
        bool up = length == 2 && p[0] == '.' && p[1] == '.';
        bool kept = n == floor || out[last] == '<' || (n - last == 2 && out[last] == '.' && out[last + 1] == '.');
        if (up && !kept) {
            n = last > floor ? last - 1 : floor;
        } else if (length && !(length == 1 && *p == '.') && !(up && floor && n == floor)) {
            if (n > floor) out[n++] = '/';
            memcpy(out + n, p, length);
            n += length;
        }
        p += length + (p[length] == '/');
    }
    if (!n) out[n++] = '.';
    out[n] = 0;
    return out;
}

static bool exists(const char *path) {
    return access(path, F_OK) == 0;
}

struct place {
    const char *path, *label;
};

/* "./x", "../x": beside the extending file. Bare: -I folders, then the installed ones. */
static bool locate(struct compile_context *c, const struct file *from, const struct item *base, struct place *place) {
    const char *name = base->name;
    size_t n = strlen(name), s = strlen(SUFFIX);
    const char *suffix = n > s && strcmp(name + n - s, SUFFIX) == 0 ? "" : SUFFIX;
    if (strncmp(name, "./", 2) == 0 || strncmp(name, "../", 3) == 0) {
        place->path = tidy(c->arena, rf_arena_printf(c->arena, "%s/%s%s", from->directory, name, suffix));
        const char *beside = from->source->label;
        const char *slash = strrchr(beside, '/');
        place->label = tidy(c->arena, rf_arena_printf(c->arena, "%.*s%s%s", slash ? (int)(slash - beside + 1) : 0,
                                                      beside, name, suffix));
        return true;
    }
    if (strchr(name, '/')) {
        struct diag *d = rf_diag(c->diags, D_BASE_NOT_FOUND, base->at,
                                 "'%s' is neither a bare name nor relative to this file", name);
        rf_diag_help(c->diags, d, "write ./%s for a file beside this one", name[0] == '/' ? name + 1 : name);
        return false;
    }
    for (size_t i = 0; i < c->include_count; i++) {
        place->path = rf_arena_printf(c->arena, "%s/%s%s", c->include[i], name, suffix);
        place->label = rf_arena_printf(c->arena, "<include>/%s%s", name, suffix);
        if (exists(place->path)) return true;
    }
    if (c->installed) {
        place->path = rf_arena_printf(c->arena, "%s/%s%s", c->installed, name, suffix);
        place->label = rf_arena_printf(c->arena, "<installed>/%s%s", name, suffix);
        if (exists(place->path)) return true;
    }
    struct diag *d = rf_diag(c->diags, D_BASE_NOT_FOUND, base->at, "no base policy named '%s'", name);
    rf_diag_help(c->diags, d,
                 "bare names are looked up in -I folders, then among the installed policies; for a file beside this "
                 "one write ./%s",
                 name);
    return false;
}

static const char *real_path(struct compile_context *c, const char *path) {
    char *real = realpath(path, NULL);
    const char *copy = real ? rf_arena_copy(c->arena, real, strlen(real)) : NULL;
    free(real);
    return copy;
}

static struct file *already_read(const struct compile_context *c, const char *real) {
    for (size_t i = 0; real && i < c->file_count; i++)
        if (c->files[i]->real && strcmp(real, c->files[i]->real) == 0) return c->files[i];
    return NULL;
}

static struct file *read_file(struct compile_context *c, struct place place, struct span asked_at,
                              const struct chain *below);

static bool in_chain(const struct chain *chain, const struct file *file) {
    for (; chain; chain = chain->below)
        if (chain->file == file) return true;
    return false;
}

/* The file of one entry of `extends`, read now or before; NULL after a diagnostic. */
static struct file *base_of(struct compile_context *c, const struct item *base, struct place place,
                            const struct chain *here) {
    struct file *known = already_read(c, real_path(c, place.path));
    if (known && in_chain(here, known)) {
        rf_diag(c->diags, D_BASE_CYCLE, base->at, "'%s' extends this file, directly or not", base->name);
        return NULL;
    }
    if (here->depth + (known ? known->height : 0) > RF_BASES_DEPTH_MAX) {
        rf_diag(c->diags, D_BASE_DEPTH, base->at, "more than %u levels of extends", RF_BASES_DEPTH_MAX);
        return NULL;
    }
    if (!known && c->file_count >= RF_BASES_FILES_MAX) {
        rf_diag(c->diags, D_BASE_DEPTH, base->at, "more than %u policy files in one compile", RF_BASES_FILES_MAX);
        return NULL;
    }
    struct file *file = known ? known : read_file(c, place, base->at, here);
    if (!file || !file->is_parsed || file->own.kind.bad) return NULL; /* told where it was read */
    if (file->own.kind.set && file->own.kind.num == 1) return file;
    struct diag *d = rf_diag(c->diags, D_BASE_KIND, base->at, "'%s' is a complete policy, not a base", base->name);
    rf_diag_help(c->diags, d, "only files with 'kind: base' can be extended");
    return NULL;
}

static void read_bases(struct compile_context *c, struct file *file, const struct chain *below) {
    struct chain here = {file, below, below ? below->depth + 1 : 1};
    const struct value *extends = &file->own.extends;
    for (size_t i = 0; i < extends->count; i++) {
        struct place place;
        struct file *base =
            locate(c, file, &extends->items[i], &place) ? base_of(c, &extends->items[i], place, &here) : NULL;
        if (!base || base->lacks_bases) file->lacks_bases = true;
        if (!base) continue;
        file->ancestors |= base->ancestors | UINT64_C(1) << base->source->order;
        if (file->height < base->height + 1) file->height = base->height + 1;
        RF_PUSH(c->arena, file->bases, file->base_count, base);
    }
}

static struct file *read_file(struct compile_context *c, struct place place, struct span asked_at,
                              const struct chain *below) {
    const struct source *source = rf_source_read(c->arena, c->diags, place.path, place.label, asked_at);
    if (!source) return NULL;
    struct file *file = RF_NEW(c->arena, struct file);
    ((struct source *)source)->order = (uint32_t)c->file_count;
    file->source = source;
    file->directory = directory_of(c->arena, place.path);
    file->real = real_path(c, place.path);
    RF_PUSH(c->arena, c->files, c->file_count, file);
    const struct node *root = rf_tree_parse(c->arena, c->diags, source);
    if (!root) return NULL;
    file->is_parsed = true;
    rf_bind(c, file, root);
    read_bases(c, file, below);
    return file;
}

struct file *rf_bases_read(struct compile_context *c, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *label = strcmp(path, "-") == 0 ? "<stdin>" : slash ? slash + 1 : path;
    return read_file(c, (struct place){path, label}, (struct span){0}, NULL);
}
