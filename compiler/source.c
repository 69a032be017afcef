/* SPDX-License-Identifier: Apache-2.0 */
#include "diag.h"

#include <errno.h>
#include <fcntl.h>
#include <sha256.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *rf_source_line(const struct source *source, uint32_t line, size_t *length) {
    if (line < 1 || line > source->lines) {
        *length = 0;
        return "";
    }
    const char *start = source->text + source->line_starts[line - 1];
    size_t n = source->line_starts[line] - source->line_starts[line - 1];
    while (n && (start[n - 1] == '\n' || start[n - 1] == '\r')) n--;
    *length = n;
    return start;
}

/* Reads everything of fd, at most RF_SOURCE_MAX + 1 bytes. -1: errno. */
static ssize_t read_all(int fd, char *buffer) {
    size_t n = 0;
    while (n <= RF_SOURCE_MAX) {
        ssize_t r = read(fd, buffer + n, RF_SOURCE_MAX + 1 - n);
        if (r < 0 && errno == EINTR) continue;
        if (r < 0) return -1;
        if (r == 0) break;
        n += (size_t)r;
    }
    return (ssize_t)n;
}

/* Length of the UTF-8 sequence at p (n bytes left), 0 if invalid (RFC 3629: no overlong forms, no surrogates). */
static size_t sequence_length(const unsigned char *p, size_t n) {
    if (p[0] < 0x80) return 1;
    size_t want = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
    if (!want || want > n) return 0;
    for (size_t i = 1; i < want; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (p[0] == 0xe0 && p[1] < 0xa0) return 0;
    if (p[0] == 0xed && p[1] > 0x9f) return 0;
    if (p[0] == 0xf0 && p[1] < 0x90) return 0;
    if (p[0] == 0xf4 && p[1] > 0x8f) return 0;
    return want;
}

/* What is wrong with the character at p, or NULL. */
static const char *bad_character(const unsigned char *p, size_t n, size_t length) {
    if (n == 0) return "is not valid UTF-8";
    if (p[0] == '\r' && (length < 2 || p[1] != '\n')) return "is a carriage return without a line feed";
    if ((p[0] < 0x20 && p[0] != '\n' && p[0] != '\r' && p[0] != '\t') || p[0] == 0x7f) return "is a control character";
    if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0) return "is a control character";
    if (n == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9)) return "is a Unicode line break";
    if (n == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe) return "is not a Unicode character";
    /* Bidirectional controls show a reviewer another text than the parser reads (CVE-2021-42574). */
    if (n == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f))
        return "changes the direction of the text";
    if (n == 2 && p[0] == 0xd8 && p[1] == 0x9c) return "changes the direction of the text";
    if (n == 3 && p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) return "reverses the text that follows";
    if (n == 3 && p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9) return "reverses the text that follows";
    if (n == 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf) return "is a byte order mark";
    return NULL;
}

size_t rf_source_character(const char *text, size_t left, const char **wrong) {
    const unsigned char *p = (const unsigned char *)text;
    size_t n = sequence_length(p, left);
    *wrong = bad_character(p, n, left);
    return n ? n : 1;
}

void rf_source_defuse(char *text, size_t length) {
    for (size_t i = 0; i < length;) {
        const char *wrong;
        size_t n = rf_source_character(text + i, length - i, &wrong);
        if (wrong || (unsigned char)text[i] < 0x20) memset(text + i, '?', n);
        i += n;
    }
}

static void check_text(struct diags *diags, const struct source *source) {
    uint32_t line = 1, column = 1;
    for (size_t i = 0; i < source->length;) {
        const char *wrong;
        size_t n = rf_source_character(source->text + i, source->length - i, &wrong);
        if (wrong) {
            rf_diag(diags, D_ENCODING, (struct span){source, line, column, line, column + 1},
                    "the character at byte %zu %s", i + 1, wrong);
            return; /* one is enough: the rest of such a file is noise */
        }
        column++;
        if (source->text[i] == '\n') line++, column = 1;
        i += n;
    }
}

static void index_lines(struct rf_arena *arena, struct source *source) {
    uint32_t *starts = NULL;
    size_t n = 0;
    RF_PUSH(arena, starts, n, 0);
    for (size_t i = 0; i < source->length; i++)
        if (source->text[i] == '\n') RF_PUSH(arena, starts, n, (uint32_t)(i + 1));
    if (starts[n - 1] != source->length || n == 1) RF_PUSH(arena, starts, n, (uint32_t)source->length);
    source->lines = (uint32_t)(n - 1);
    source->line_starts = starts;
}

const struct source *rf_source_read(struct rf_arena *arena, struct diags *diags, const char *path, const char *label,
                                    struct span asked_at) {
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || S_ISDIR(st.st_mode)) {
        int error = fd >= 0 && S_ISDIR(st.st_mode) ? EISDIR : errno;
        rf_diag(diags, D_UNREADABLE, asked_at, "cannot read '%s': %s", path, strerror(error));
        if (fd >= 0) close(fd);
        return NULL;
    }
    char *text = rf_arena_alloc(arena, RF_SOURCE_MAX + 2);
    ssize_t n = read_all(fd, text);
    int error = errno;
    close(fd);
    if (n < 0) {
        rf_diag(diags, D_UNREADABLE, asked_at, "cannot read '%s': %s", path, strerror(error));
        return NULL;
    }
    if ((size_t)n > RF_SOURCE_MAX) {
        rf_diag(diags, D_TOO_LARGE, asked_at, "'%s' is larger than 256 KiB", path);
        return NULL;
    }
    struct source *source = RF_NEW(arena, struct source);
    *source = (struct source){
        .path = strcmp(path, "-") == 0 ? "<stdin>" : path, .label = label, .text = text, .length = (size_t)n};
    text[n] = 0;
    index_lines(arena, source);
    SHA2_CTX sha;
    SHA256Init(&sha);
    SHA256Update(&sha, (const uint8_t *)text, (size_t)n);
    SHA256Final(source->sha256, &sha);
    size_t before = rf_diags_errors(diags);
    check_text(diags, source);
    return rf_diags_errors(diags) == before ? source : NULL;
}
