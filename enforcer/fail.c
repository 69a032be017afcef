/* SPDX-License-Identifier: Apache-2.0 */
#include "fail.h"
#include "files.h"
#include "line.h"
#include "status.h"

static struct rf_shared own;
struct rf_shared *rf_shared;
void (*rf_fail_undo)(struct rf_launch *launch);

static struct rf_launch *the_launch; /* for the view and the options only */
static bool in_child;
static int exit_code; /* 0: RF_STEP_FAILED */

/* The errnos that a launch can meet, in words. */
#define RF_ERRNOS(X)                                                                                                   \
    X(EPERM, "operation not permitted")                                                                                \
    X(ENOENT, "no such file or directory")                                                                             \
    X(ESRCH, "no such process")                                                                                        \
    X(EIO, "input/output error")                                                                                       \
    X(ENXIO, "no such device or address")                                                                              \
    X(E2BIG, "argument list too long")                                                                                 \
    X(ENOEXEC, "not in a format that can be executed")                                                                 \
    X(EBADF, "bad file descriptor")                                                                                    \
    X(EAGAIN, "not now, or a limit is reached")                                                                        \
    X(ENOMEM, "out of memory")                                                                                         \
    X(EACCES, "permission denied")                                                                                     \
    X(EBUSY, "busy")                                                                                                   \
    X(EEXIST, "exists already")                                                                                        \
    X(EXDEV, "leaves the allowed directory")                                                                           \
    X(ENODEV, "no such device or file system")                                                                         \
    X(ENOTDIR, "not a directory")                                                                                      \
    X(EISDIR, "is a directory")                                                                                        \
    X(EINVAL, "invalid argument")                                                                                      \
    X(ENFILE, "too many open files in the system")                                                                     \
    X(EMFILE, "too many open files: raise RLIMIT_NOFILE")                                                              \
    X(ENOTTY, "wrong kind of file")                                                                                    \
    X(ETXTBSY, "being written")                                                                                        \
    X(EFBIG, "too large")                                                                                              \
    X(ENOSPC, "no space left, or a kernel limit is reached")                                                           \
    X(EROFS, "read-only file system")                                                                                  \
    X(ENAMETOOLONG, "name too long")                                                                                   \
    X(EPIPE, "the other side has hung up")                                                                             \
    X(ENOSYS, "this kernel does not have it")                                                                          \
    X(ENOTEMPTY, "directory not empty")                                                                                \
    X(ELOOP, "a symbolic link that is not allowed here, or too many")                                                  \
    X(EOVERFLOW, "an id without a mapping, or a value too large")                                                      \
    X(EOPNOTSUPP, "not supported")                                                                                     \
    X(EPROTOTYPE, "a socket of another type")                                                                          \
    X(ETOOMANYREFS, "too many files in flight")                                                                        \
    X(ECONNREFUSED, "nobody listens")                                                                                  \
    X(ELIBBAD, "its interpreter is damaged")

/* Numbers, and name and words behind each other: no pointers have to be stored. */
static const uint8_t errno_numbers[] = {
#define RF_X(number, words) number,
    RF_ERRNOS(RF_X)
#undef RF_X
};
static const char errno_texts[] RF_PACKED =
#define RF_X(number, words) #number "\0" words "\0"
    RF_ERRNOS(RF_X)
#undef RF_X
    ;

static const char step_names[] RF_PACKED =
#define RF_X(id, name) name "\0"
    RF_STEPS(RF_X)
#undef RF_X
    ;

/* Packed words into a buffer: one behind each function that gives them out. */
static const char *plain(const char *packed, char *buffer, uint32_t size) {
    struct rf_line line = {buffer, size, 0};
    rf_line_packed(&line, packed);
    return buffer;
}

const char *rf_fail_step(uint32_t step) {
    static char name[24];
    return plain(rf_chars_nth(step_names, step), name, sizeof name);
}

/* capabilities(7), by number from 0; one string, so that no pointers have to be stored. */
static const char capability_names[] RF_PACKED =
    "CHOWN\0DAC_OVERRIDE\0DAC_READ_SEARCH\0FOWNER\0FSETID\0KILL\0SETGID\0SETUID\0SETPCAP\0LINUX_IMMUTABLE\0"
    "NET_BIND_SERVICE\0NET_BROADCAST\0NET_ADMIN\0NET_RAW\0IPC_LOCK\0IPC_OWNER\0SYS_MODULE\0SYS_RAWIO\0SYS_CHROOT\0"
    "SYS_PTRACE\0SYS_PACCT\0SYS_ADMIN\0SYS_BOOT\0SYS_NICE\0SYS_RESOURCE\0SYS_TIME\0SYS_TTY_CONFIG\0MKNOD\0LEASE\0"
    "AUDIT_WRITE\0AUDIT_CONTROL\0SETFCAP\0MAC_OVERRIDE\0MAC_ADMIN\0SYSLOG\0WAKE_ALARM\0BLOCK_SUSPEND\0AUDIT_READ\0"
    "PERFMON\0BPF\0CHECKPOINT_RESTORE\0";

const char *rf_fail_capability(uint32_t number) {
    static char name[64];
    const char *packed = rf_chars_nth(capability_names, number);
    if (*packed == '\0') packed = RF_WORDS("with a number that this enforcer has no name for");
    return plain(packed, name, sizeof name);
}

void rf_fail_init(struct rf_launch *launch) {
    the_launch = launch;
    rf_shared = &own;
}

void rf_fail_share(void) {
    if (rf_shared != &own) return;
    long at = sys_mmap_shared(sizeof(struct rf_shared));
    if (at < 0 && at > -4096) rf_fail(RF_STEP(START), (int)at, "cannot map a page");
    rf_shared = (struct rf_shared *)at;
}

void rf_fail_in_child(bool is_child) {
    in_child = is_child;
}

void rf_fail_print(int fd, const char *text) {
    char safe[1024];
    struct rf_line line = RF_LINE(safe);
    unsigned char before = 0;
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        /* U+0080 to U+009F, too, are control characters: a terminal obeys U+009B as it does ESC [ */
        bool control = byte < 0x20 || byte == 0x7f || (before == 0xc2 && byte >= 0x80 && byte <= 0x9f);
        char c = *text;
        if (control) c = '?';
        before = byte;
        rf_line_bytes(&line, &c, 1);
        if (line.used + 2 < line.size && text[1] != '\0') continue;
        if (text[1] == '\0') rf_line_text(&line, "\n");
        if (rf_files_write_all(fd, safe, line.used) < 0) return;
        line = RF_LINE(safe);
    }
}

/* " [web.ringfence.yaml:14]", if the blob carries a source map that names this item. */
static void add_policy_line(struct rf_line *line, uint32_t section, uint32_t index) {
    struct rf_map map;
    if (section == 0 || !the_launch || !the_launch->view.base) return;
    if (rf_view_map_open(&the_launch->view, &map) != RF_BLOB_OK || map.file_count == 0) return;
    const struct rf_map_entry *entry = rf_map_find(&map, section, index);
    if (!entry) return;
    rf_line_format(line, " [%s:%u]", rf_map_file_name(&map, entry), entry->line);
}

static void add_errno(struct rf_line *line, int error) {
    uint32_t i = 0;
    while (i < sizeof errno_numbers && errno_numbers[i] != -error) i++;
    const char *name = rf_chars_nth(errno_texts, 2 * i);
    if (*name == '\0') {
        rf_line_format(line, ": errno %d", -error);
        return;
    }
    rf_line_text(line, ": ");
    rf_line_packed(line, name);
    rf_line_text(line, " (");
    rf_line_packed(line, name + rf_chars_length(name) + 1);
    rf_line_text(line, ")");
}

/* The message behind "ringfence-run: STEP: ". */
__attribute__((format(printf, 4, 0))) static void add_message(struct rf_line *line, struct rf_where where, int error,
                                                              const char *format, va_list arguments) {
    rf_line_arguments(line, format, arguments, true);
    if (error != 0) add_errno(line, error);
    add_policy_line(line, where.word >> 16 & 0xff, where.word & 0xffff);
}

_Noreturn static void report(int code, uint32_t step, const char *message) {
    static char text[RF_PAGE + 64];
    /* In place the first process ends by itself, with the code, and only when this was told. */
    bool in_place = rf_shared && rf_shared->in_place;
    if (rf_fail_undo && the_launch && !in_place) rf_fail_undo(the_launch);
    RF_PRINT(text, "ringfence-run: %s: %s", rf_fail_step(step), message);
    rf_fail_print(2, text);
    if (the_launch) rf_status_error(the_launch, code, rf_fail_step(step), message);
    if (in_place) rf_fail_undo(the_launch);
    sys_exit(code);
}

_Noreturn void rf_fail_report(void) {
    /* A copy: the page may still be mapped by a process that is about to be killed. */
    static char what[sizeof rf_shared->what];
    int code = rf_shared->exit;
    for (size_t i = 0; i + 1 < sizeof what; i++) what[i] = rf_shared->what[i];
    report(code == RF_NOT_FOUND || code == RF_NOT_EXECUTABLE ? code : RF_STEP_FAILED, rf_shared->step, what);
}

void rf_fail_exit_with(int code) {
    exit_code = code;
}

/* Returns in a process that is not the supervisor: it has only to end. */
static void fail(struct rf_where where, int error, const char *format, va_list arguments) {
    static char message[sizeof rf_shared->what];
    struct rf_line line = RF_LINE(message);
    int code = exit_code ? exit_code : RF_STEP_FAILED;
    if (!in_child) {
        static bool failing;
        if (failing) sys_exit(RF_STEP_FAILED); /* the undoing failed too: say the first thing only */
        failing = true;
        add_message(&line, where, error, format, arguments);
        report(code, where.word >> 24, message);
    }
    if (!__atomic_exchange_n(&rf_shared->claimed, 1u, __ATOMIC_ACQ_REL)) {
        line = RF_LINE(rf_shared->what);
        add_message(&line, where, error, format, arguments);
        rf_shared->step = where.word >> 24;
        rf_shared->exit = code;
        __atomic_store_n(&rf_shared->failed, 1u, __ATOMIC_RELEASE);
    }
    if (!rf_shared->in_place) return;
    /* Without a call: the filter may be there already.  Nor for ever: the one that reports may have been killed. */
    for (uint32_t n = 0; n < 1u << 30 && !rf_shared->reported; n++) continue;
    sys_exit(code);
}

_Noreturn void rf_fail_packed(struct rf_where where, int error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fail(where, error, format, arguments);
    va_end(arguments);
    sys_exit(RF_STEP_FAILED);
}

int rf_must_packed(struct rf_where where, int result, const char *format, ...) {
    va_list arguments;
    if (result >= 0) return result;
    va_start(arguments, format);
    fail(where, result, format, arguments);
    va_end(arguments);
    sys_exit(RF_STEP_FAILED);
}
