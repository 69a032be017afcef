/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memfd_create, mkostemp, file seals */
#include "emit.h"

#include <errno.h>
#include <fcntl.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct span nowhere;

static void digest(const void *bytes, size_t n, uint8_t out[32]) {
    SHA2_CTX sha;
    SHA256Init(&sha);
    SHA256Update(&sha, bytes, n);
    SHA256Final(out, &sha);
}

static bool same_again(struct lower *l, const struct blob *blob) {
    struct rf_view view;
    struct rf_plan plan;
    struct rf_pool *pool = RF_NEW(l->c->arena, struct rf_pool);
    uint8_t *again = rf_arena_alloc(l->c->arena, RF_BLOB_MAX);
    size_t length;
    return rf_view_open(&view, blob->bytes, blob->length) == RF_BLOB_OK &&
           rf_build_plan_of(&view, &plan, pool) == RF_BLOB_OK &&
           rf_build(&plan, again, RF_BLOB_MAX, &length, digest) == RF_BLOB_OK && length == blob->length &&
           memcmp(again, blob->bytes, length) == 0;
}

bool rf_emit_blob(struct lower *l, struct blob *blob) {
    blob->bytes = rf_arena_alloc(l->c->arena, RF_BLOB_MAX);
    enum rf_blob_error error = rf_build(&l->plan, blob->bytes, RF_BLOB_MAX, &blob->length, digest);
    if (error == RF_BLOB_E_TOO_LONG) {
        rf_diag(l->c->diags, D_BLOB_TOO_LARGE, (struct span){l->file->source, 1, 1, 1, 2},
                "the compiled policy would be larger than 256 KiB");
        return false;
    }
    if (error == RF_BLOB_OK && same_again(l, blob)) return true;
    rf_diag(l->c->diags, D_BLOB_INVALID, (struct span){l->file->source, 1, 1, 1, 2},
            "the compiled policy failed its own check: %s",
            error == RF_BLOB_OK ? "it does not encode to the same bytes again" : rf_blob_error_text(error));
    return false;
}

static bool write_all(int fd, const struct blob *blob) {
    for (size_t done = 0; done < blob->length;) {
        ssize_t n = write(fd, blob->bytes + done, blob->length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        done += (size_t)n;
    }
    return true;
}

static bool cannot_write(struct compile_context *c, const char *path, int error) {
    rf_diag(c->diags, D_CANNOT_WRITE, nowhere, "cannot write '%s': %s", path, strerror(error));
    return false;
}

/* A device or pipe is written, never replaced: `-o /dev/null` must not turn it into a file. */
static bool write_special(struct compile_context *c, const struct blob *blob, const char *path) {
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return cannot_write(c, path, errno);
    bool good = write_all(fd, blob);
    int error = errno;
    if (close(fd) != 0 && good) good = false, error = errno;
    return good || cannot_write(c, path, error);
}

static bool is_source(const struct compile_context *c, const struct stat *st) {
    struct stat source;
    for (size_t i = 0; i < c->file_count; i++)
        if (stat(c->files[i]->source->path, &source) == 0 && source.st_dev == st->st_dev && source.st_ino == st->st_ino)
            return true;
    return false;
}

bool rf_emit_file(struct compile_context *c, const struct blob *blob, const char *path) {
    if (strcmp(path, "-") == 0) return write_all(STDOUT_FILENO, blob) || cannot_write(c, "standard output", errno);
    struct stat st;
    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode)) return cannot_write(c, path, EISDIR);
        if (!S_ISREG(st.st_mode)) return write_special(c, blob, path);
        if (is_source(c, &st)) {
            rf_diag(c->diags, D_CANNOT_WRITE, nowhere, "'%s' is one of the policy's own files", path);
            return false;
        }
    }
    char *temporary = rf_arena_printf(c->arena, "%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) return cannot_write(c, path, errno);
    mode_t mask = umask(0);
    umask(mask);
    /* Never writable by others: ringfence-run refuses a blob that someone else could have changed. */
    bool good = write_all(fd, blob) && fchmod(fd, 0644 & ~mask) == 0 && fsync(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && good) good = false, error = errno;
    if (good && rename(temporary, path) != 0) good = false, error = errno;
    if (good) return true;
    unlink(temporary);
    return cannot_write(c, path, error);
}

int rf_emit_memfd(struct compile_context *c, const struct blob *blob) {
    int fd = memfd_create("policy.fence", MFD_ALLOW_SEALING);
    if (fd < 0 || !write_all(fd, blob) || lseek(fd, 0, SEEK_SET) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        cannot_write(c, "a memory file", errno);
        if (fd >= 0) close(fd);
        return -1;
    }
    return fd;
}
